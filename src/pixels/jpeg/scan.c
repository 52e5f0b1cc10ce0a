/* Decodes a JPEG row by row with a callback that reads at offsets. Errors are returned as texts: libjpeg's
 * long jumps never leave this file. */

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* Reads up to `length` bytes at `offset`; 0 at the end, SIZE_MAX on a fault. */
typedef size_t (*tegl_read)(void *context, uint64_t offset, uint8_t *into, size_t length);

enum { PIECE = 1 << 16, MAX_SCANS = 500, MIN_SCAN_LIMIT = 50 };

/* Every scan visits all coefficients, regardless of its size in bytes, so large images may have fewer scans. */
static const uint64_t MAX_SCANNED = (uint64_t)1 << 31;

typedef struct {
  struct jpeg_decompress_struct image;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  struct jpeg_source_mgr source;
  jmp_buf fault;
  char message[JMSG_LENGTH_MAX];
  tegl_read read;
  void *context;
  uint64_t offset;
  int ended_early; /* The file ended before its end marker. */
  int lossless;
  uint8_t piece[PIECE];
} tegl_scan;

/* The contents of the header; sizes are those of the decoded rows. */
typedef struct {
  uint32_t width, height;
  uint32_t components;
  uint32_t bits;
  uint32_t progressive;
  uint64_t coefficient_bytes;
} tegl_scan_header;

static tegl_scan *scan_of(j_common_ptr image) { return (tegl_scan *)image->client_data; }

static void on_error(j_common_ptr image) {
  tegl_scan *scan = scan_of(image);
  image->err->format_message(image, scan->message);
  longjmp(scan->fault, 1);
}

static void fault(tegl_scan *scan, const char *message) {
  snprintf(scan->message, sizeof scan->message, "%s", message);
  longjmp(scan->fault, 1);
}

/* Samples that are missing at the end are an error. Stray bytes, headers whose correct value is known, an end
 * that `check_complete` checks, and locally damaged coded data are not: every common reader shows the rest of
 * the image, and decoding continues with the next code or restart marker. */
static void on_message(j_common_ptr image, int level) {
  if (level >= 0) return;
  switch (image->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_TOO_MUCH_DATA:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HUFF_BAD_CODE:
      return;
    case JWRN_HIT_MARKER:
      /* An interval is too short, but the image is not. */
      if (((j_decompress_ptr)image)->unread_marker != JPEG_EOI) return;
      on_error(image);
      return;
    case JWRN_MUST_RESYNC:
      /* A restart marker has a wrong number: if samples are missing, Huffman decoding runs out of data later. */
      if (!((j_decompress_ptr)image)->arith_code) return;
      on_error(image);
      return;
    default:
      on_error(image);
  }
}

static void on_progress(j_common_ptr image) {
  j_decompress_ptr reading = (j_decompress_ptr)image;
  uint64_t pixels = (uint64_t)reading->image_width * reading->image_height;
  uint64_t max = pixels ? MAX_SCANNED / pixels : MAX_SCANS;
  if (max > MAX_SCANS) max = MAX_SCANS;
  if (max < MIN_SCAN_LIMIT) max = MIN_SCAN_LIMIT;
  if ((uint64_t)reading->input_scan_number > max) {
    fault(scan_of(image), "it has too many scans");
  }
}

static void on_start(j_decompress_ptr image) { (void)image; }
static void on_end(j_decompress_ptr image) { (void)image; }

static boolean on_empty(j_decompress_ptr image) {
  tegl_scan *scan = scan_of((j_common_ptr)image);
  size_t read = scan->read(scan->context, scan->offset, scan->piece, PIECE);
  if (read > PIECE) {
    ERREXIT(image, JERR_FILE_READ);
  }
  if (read == 0) {
    /* An end marker replaces the missing one; missing samples are reported separately. */
    scan->ended_early = 1;
    scan->piece[0] = 0xff;
    scan->piece[1] = JPEG_EOI;
    read = 2;
  } else {
    scan->offset += read;
  }
  scan->source.next_input_byte = scan->piece;
  scan->source.bytes_in_buffer = read;
  return TRUE;
}

static void on_skip(j_decompress_ptr image, long count) {
  tegl_scan *scan = scan_of((j_common_ptr)image);
  if (count <= 0) return;
  if ((size_t)count <= scan->source.bytes_in_buffer) {
    scan->source.next_input_byte += count;
    scan->source.bytes_in_buffer -= (size_t)count;
  } else {
    scan->offset += (uint64_t)count - scan->source.bytes_in_buffer;
    scan->source.bytes_in_buffer = 0;
  }
}

static void describe(tegl_scan *scan, tegl_scan_header *header) {
  j_decompress_ptr image = &scan->image;
  header->width = image->output_width;
  header->height = image->output_height;
  header->components = (uint32_t)image->out_color_components;
  header->bits = (uint32_t)image->data_precision;
  header->progressive = jpeg_has_multiple_scans(image);
  header->coefficient_bytes = 0;
  for (int n = 0; n < image->num_components; n++) {
    uint64_t across = image->comp_info[n].width_in_blocks, down = image->comp_info[n].height_in_blocks;
    header->coefficient_bytes += across * down * DCTSIZE2 * sizeof(JCOEF);
  }
}

/* Reads the header; `reduce` is 1, 2, 4 or 8. Returns null only if memory runs out; otherwise check `tegl_scan_fault`. */
tegl_scan *tegl_scan_open(tegl_read read, void *context, uint32_t reduce, tegl_scan_header *header) {
  tegl_scan *scan = calloc(1, sizeof *scan);
  if (!scan) return NULL;
  scan->read = read;
  scan->context = context;
  scan->image.err = jpeg_std_error(&scan->errors);
  scan->errors.error_exit = on_error;
  scan->errors.emit_message = on_message;
  scan->image.client_data = scan;
  if (setjmp(scan->fault)) return scan;
  jpeg_create_decompress(&scan->image);
  scan->image.client_data = scan;
  scan->source.init_source = on_start;
  scan->source.fill_input_buffer = on_empty;
  scan->source.skip_input_data = on_skip;
  scan->source.resync_to_restart = jpeg_resync_to_restart;
  scan->source.term_source = on_end;
  scan->image.src = &scan->source;
  scan->progress.progress_monitor = on_progress;
  scan->image.progress = &scan->progress;
  jpeg_read_header(&scan->image, TRUE);
  /* Only a lossless JPEG has units of one sample, as long as no reduced size is requested. */
  scan->lossless = scan->image.min_DCT_scaled_size == 1;
  switch (scan->image.jpeg_color_space) {
    case JCS_GRAYSCALE: scan->image.out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: scan->image.out_color_space = JCS_CMYK; break;
    default: scan->image.out_color_space = JCS_RGB; break;
  }
  scan->image.scale_num = 1;
  scan->image.scale_denom = reduce;
  jpeg_calc_output_dimensions(&scan->image);
  describe(scan, header);
  return scan;
}

/* Checks that all coefficients of a JPEG of several scans were read. A progressive JPEG with an end marker may
 * lack refinements, because its writer may have omitted them. */
static void check_complete(tegl_scan *scan) {
  j_decompress_ptr image = &scan->image;
  for (int n = 0; n < image->num_components && !scan->lossless; n++) {
    if (!image->comp_info[n].quant_table) fault(scan, "a component has no scan");
    if (!image->progressive_mode) continue;
    for (int at = 0; at < DCTSIZE2; at++) {
      int missing = image->coef_bits[n][at];
      if (at == 0 ? missing < 0 : scan->ended_early && missing != 0) fault(scan, "it ends before its last scan");
    }
  }
}

/* Arithmetic decoding replaces missing data by zeros without a warning. */
static void check_end(tegl_scan *scan) {
  if (scan->ended_early && scan->image.arith_code) fault(scan, "it ends before its end marker");
}

/* Starts decoding; returns false on an error. */
int tegl_scan_start(tegl_scan *scan) {
  if (setjmp(scan->fault)) return 0;
  if (!jpeg_start_decompress(&scan->image)) return 0;
  /* All scans have been read by now, unless there is only one. */
  if (jpeg_has_multiple_scans(&scan->image)) check_complete(scan);
  check_end(scan);
  return 1;
}

/* Writes the next `rows` rows of `stride` bytes to `into`; returns their number, which is smaller on an error. Samples
 * of more than 8 bits take two bytes. */
uint32_t tegl_scan_rows(tegl_scan *scan, uint8_t *into, size_t stride, uint32_t rows) {
  volatile uint32_t done = 0;
  if (setjmp(scan->fault)) return done;
  while (done < rows && scan->image.output_scanline < scan->image.output_height) {
    void *row = into + (size_t)done * stride;
    JSAMPROW narrow = row;
    J12SAMPROW twelve = row;
    J16SAMPROW sixteen = row;
    if (scan->image.data_precision <= 8) {
      done += jpeg_read_scanlines(&scan->image, &narrow, 1);
    } else if (scan->image.data_precision <= 12) {
      done += jpeg12_read_scanlines(&scan->image, &twelve, 1);
    } else {
      done += jpeg16_read_scanlines(&scan->image, &sixteen, 1);
    }
    check_end(scan);
  }
  return done;
}

/* Why the last call failed; empty if it did not. */
const char *tegl_scan_fault(const tegl_scan *scan) { return scan->message; }

void tegl_scan_close(tegl_scan *scan) {
  if (!setjmp(scan->fault)) jpeg_destroy_decompress(&scan->image);
  free(scan);
}
