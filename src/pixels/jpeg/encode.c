/* Encodes rows of samples, wherever each of them is, as baseline JPEG. Errors are returned as texts: libjpeg's long jumps
 * never leave this file. */

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { LINE = 64, LEAST = 1 << 16 };

typedef struct {
  struct jpeg_compress_struct image;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  jmp_buf fault;
  char message[JMSG_LENGTH_MAX];
  /* What has been written, in a buffer that is kept for the next image. */
  uint8_t *jpeg;
  size_t capacity, length;
} tegl_encoder;

/* `channels` is 1 for gray, 3 for RGB and 4 for RGB with a byte that is ignored; `across` and `down` are luma pixels per
 * chroma sample, 0 for gray. */
typedef struct {
  uint32_t width, height, channels, quality, across, down;
} tegl_encoder_request;

static tegl_encoder *encoder_of(j_common_ptr image) { return (tegl_encoder *)image->client_data; }

static void on_error(j_common_ptr image) {
  tegl_encoder *encoder = encoder_of(image);
  image->err->format_message(image, encoder->message);
  longjmp(encoder->fault, 1);
}

static void on_message(j_common_ptr image, int level) {
  (void)image;
  (void)level;
}

/* Doubles the buffer, and lets libjpeg continue after what it has written. */
static boolean on_full(j_compress_ptr image) {
  tegl_encoder *encoder = encoder_of((j_common_ptr)image);
  size_t capacity = encoder->capacity ? 2 * encoder->capacity : LEAST;
  uint8_t *jpeg = realloc(encoder->jpeg, capacity);
  if (!jpeg) {
    snprintf(encoder->message, sizeof encoder->message, "no memory for %zu bytes", capacity);
    longjmp(encoder->fault, 1);
  }
  encoder->destination.next_output_byte = jpeg + encoder->capacity;
  encoder->destination.free_in_buffer = capacity - encoder->capacity;
  encoder->jpeg = jpeg;
  encoder->capacity = capacity;
  return TRUE;
}

static void on_start(j_compress_ptr image) {
  tegl_encoder *encoder = encoder_of((j_common_ptr)image);
  if (encoder->capacity == 0) on_full(image);
  encoder->destination.next_output_byte = encoder->jpeg;
  encoder->destination.free_in_buffer = encoder->capacity;
}

static void on_end(j_compress_ptr image) {
  tegl_encoder *encoder = encoder_of((j_common_ptr)image);
  encoder->length = encoder->capacity - encoder->destination.free_in_buffer;
}

static int create(tegl_encoder *encoder) {
  if (setjmp(encoder->fault)) return 0;
  jpeg_create_compress(&encoder->image);
  return 1;
}

/* An encoder for many images; null if memory runs out. */
tegl_encoder *tegl_encoder_new(void) {
  tegl_encoder *encoder = calloc(1, sizeof *encoder);
  if (!encoder) return NULL;
  encoder->image.err = jpeg_std_error(&encoder->errors);
  encoder->errors.error_exit = on_error;
  encoder->errors.emit_message = on_message;
  encoder->image.client_data = encoder;
  if (!create(encoder)) {
    free(encoder);
    return NULL;
  }
  encoder->destination.init_destination = on_start;
  encoder->destination.empty_output_buffer = on_full;
  encoder->destination.term_destination = on_end;
  encoder->image.dest = &encoder->destination;
  return encoder;
}

void tegl_encoder_free(tegl_encoder *encoder) {
  if (!setjmp(encoder->fault)) jpeg_destroy_compress(&encoder->image);
  free(encoder->jpeg);
  free(encoder);
}

static void set(j_compress_ptr image, const tegl_encoder_request *wanted) {
  image->image_width = wanted->width;
  image->image_height = wanted->height;
  image->input_components = (int)wanted->channels;
  image->in_color_space = wanted->channels == 1 ? JCS_GRAYSCALE : wanted->channels == 3 ? JCS_RGB : JCS_EXT_RGBX;
  jpeg_set_defaults(image);
  jpeg_set_quality(image, (int)wanted->quality, TRUE);
  jpeg_set_colorspace(image, wanted->across == 0 ? JCS_GRAYSCALE : JCS_YCbCr);
  if (wanted->across > 0) {
    image->comp_info[0].h_samp_factor = (int)wanted->across;
    image->comp_info[0].v_samp_factor = (int)wanted->down;
  }
}

/* Rows that are far from each other are not foreseen by the processor. */
static void prefetch(const uint8_t *row, size_t bytes) {
  for (size_t at = 0; at < bytes; at += LINE) __builtin_prefetch(row + at);
}

/* Encodes `wanted->height` rows. Returns the bytes, which are the encoder's until its next call, and their number; null on
 * an error, which `tegl_encoder_fault` describes. */
const uint8_t *tegl_encoder_encode(tegl_encoder *encoder, const uint8_t *const *rows,
                                   const tegl_encoder_request *wanted, size_t *length) {
  j_compress_ptr image = &encoder->image;
  if (setjmp(encoder->fault)) {
    jpeg_abort_compress(image);
    return NULL;
  }
  set(image, wanted);
  jpeg_start_compress(image, TRUE);
  uint32_t group = (uint32_t)image->max_v_samp_factor * DCTSIZE;
  size_t bytes = (size_t)wanted->width * wanted->channels;
  while (image->next_scanline < wanted->height) {
    uint32_t next = image->next_scanline, left = wanted->height - next;
    uint32_t count = left < group ? left : group;
    for (uint32_t n = count; n < 2 * count && n < left; n++) prefetch(rows[next + n], bytes);
    jpeg_write_scanlines(image, (JSAMPARRAY)(rows + next), count);
  }
  jpeg_finish_compress(image);
  *length = encoder->length;
  return encoder->jpeg;
}

/* Why the last call failed. */
const char *tegl_encoder_fault(const tegl_encoder *encoder) { return encoder->message; }
