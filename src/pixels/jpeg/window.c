/* Decodes a part of a baseline JPEG into planes, without upsampling: rows below it are not decoded at all, rows
 * above it are decoded to coefficients only. Anything unusual is left to another decoder. Errors are returned:
 * libjpeg's long jumps never leave this file. */

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { PLANES = 3, FACTOR = 2, PAD = DCTSIZE * FACTOR };

/* A plane that receives samples: those of the component from (`from_x`, `from_y`) on are written to `rows`, at most
 * `width` x `height` of them, in rows of `stride` bytes. */
typedef struct {
  uint8_t *rows;
  size_t stride;
  uint32_t from_x, from_y, width, height;
} tegl_window_plane;

/* `across` and `down` are luma pixels per chroma sample; `smallest` is what the JPEG must have at least, `largest` the
 * most pixels that it may have. */
typedef struct {
  uint32_t planes, across, down;
  uint32_t smallest_width, smallest_height;
  uint64_t largest;
  tegl_window_plane plane[PLANES];
} tegl_window_request;

typedef struct {
  struct jpeg_decompress_struct image;
  struct jpeg_error_mgr errors;
  jmp_buf fault;
  /* One row of MCUs of each component. */
  uint8_t *spare;
  size_t spare_length;
} tegl_window;

static void on_error(j_common_ptr image) { longjmp(((tegl_window *)image->client_data)->fault, 1); }

/* A decoder that tolerates damage decides about it. */
static void on_message(j_common_ptr image, int level) {
  if (level < 0) on_error(image);
}

static int create(tegl_window *window) {
  if (setjmp(window->fault)) return 0;
  jpeg_create_decompress(&window->image);
  return 1;
}

/* A decoder for many JPEGs; null if memory runs out. */
tegl_window *tegl_window_new(void) {
  tegl_window *window = calloc(1, sizeof *window);
  if (!window) return NULL;
  window->image.err = jpeg_std_error(&window->errors);
  window->errors.error_exit = on_error;
  window->errors.emit_message = on_message;
  window->image.client_data = window;
  if (create(window)) return window;
  free(window);
  return NULL;
}

void tegl_window_free(tegl_window *window) {
  if (!setjmp(window->fault)) jpeg_destroy_decompress(&window->image);
  free(window->spare);
  free(window);
}

/* Whether the JPEG has one scan and the layout that is asked for. */
static int is_usual(j_decompress_ptr image, const tegl_window_request *wanted) {
  if (image->image_width < wanted->smallest_width || image->image_height < wanted->smallest_height ||
      (uint64_t)image->image_width * image->image_height > wanted->largest ||
      (uint32_t)image->num_components != wanted->planes || image->data_precision != 8 ||
      image->min_DCT_scaled_size != DCTSIZE || jpeg_has_multiple_scans(image) ||
      image->jpeg_color_space != (wanted->planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr)) {
    return 0;
  }
  for (uint32_t n = 0; n < wanted->planes; n++) {
    uint32_t across = n ? 1 : wanted->across, down = n ? 1 : wanted->down;
    if ((uint32_t)image->comp_info[n].h_samp_factor != across ||
        (uint32_t)image->comp_info[n].v_samp_factor != down) {
      return 0;
    }
  }
  return 1;
}

/* The bytes of the rows of a component that one read delivers. */
static size_t bytes_per_read(const jpeg_component_info *component) {
  return (size_t)component->width_in_blocks * DCTSIZE * (size_t)component->v_samp_factor * DCTSIZE;
}

static void reserve(tegl_window *window, size_t length) {
  if (length <= window->spare_length) return;
  free(window->spare);
  window->spare_length = 0;
  window->spare = malloc(length);
  if (!window->spare) longjmp(window->fault, 1);
  window->spare_length = length;
}

/* Whether row `at` of the component is inside the window. */
static int has_row(const tegl_window_plane *plane, const jpeg_component_info *component, uint32_t at) {
  return at >= plane->from_y && at - plane->from_y < plane->height && at < component->downsampled_height;
}

/* Whether all columns of the component are wanted, and no padding comes with them: such rows need no copy. */
static int is_direct(const tegl_window_plane *plane, const jpeg_component_info *component) {
  uint32_t stored = component->width_in_blocks * DCTSIZE;
  return plane->from_x == 0 && component->downsampled_width == stored && stored <= plane->width;
}

static void read_window(tegl_window *window, const tegl_window_request *wanted) {
  j_decompress_ptr image = &window->image;
  uint32_t per_read = (uint32_t)image->max_v_samp_factor * DCTSIZE;
  uint32_t end = wanted->plane[0].from_y + wanted->plane[0].height;
  JSAMPROW rows[PLANES][PAD];
  JSAMPARRAY planes[PLANES] = {rows[0], rows[1], rows[2]};
  size_t spare_length = 0;
  for (uint32_t n = 0; n < wanted->planes; n++) spare_length += bytes_per_read(&image->comp_info[n]);
  reserve(window, spare_length);
  while (image->output_scanline < image->output_height && image->output_scanline < end) {
    uint32_t read = image->output_scanline / per_read;
    uint8_t *spare = window->spare;
    for (uint32_t n = 0; n < wanted->planes; n++) {
      const tegl_window_plane *plane = &wanted->plane[n];
      jpeg_component_info *component = &image->comp_info[n];
      uint32_t count = (uint32_t)component->v_samp_factor * DCTSIZE, first = read * count;
      size_t stored = (size_t)component->width_in_blocks * DCTSIZE;
      int direct = is_direct(plane, component);
      /* Rows that end above the window need no samples. */
      component->component_needed = first + count > plane->from_y;
      for (uint32_t row = 0; row < count; row++, spare += stored) {
        rows[n][row] = direct && has_row(plane, component, first + row)
                           ? plane->rows + (size_t)(first + row - plane->from_y) * plane->stride
                           : spare;
      }
    }
    if (jpeg_read_raw_data(image, planes, per_read) < per_read) longjmp(window->fault, 1);
    for (uint32_t n = 0; n < wanted->planes; n++) {
      const tegl_window_plane *plane = &wanted->plane[n];
      jpeg_component_info *component = &image->comp_info[n];
      uint32_t count = (uint32_t)component->v_samp_factor * DCTSIZE, first = read * count;
      if (is_direct(plane, component) || plane->from_x >= component->downsampled_width) continue;
      uint32_t width = component->downsampled_width - plane->from_x;
      if (width > plane->width) width = plane->width;
      for (uint32_t row = 0; row < count; row++) {
        if (!has_row(plane, component, first + row)) continue;
        memcpy(plane->rows + (size_t)(first + row - plane->from_y) * plane->stride, rows[n][row] + plane->from_x,
               width);
      }
    }
  }
}

/* Returns whether the window was decoded; if not, what was written is unspecified. */
int tegl_window_decode(tegl_window *window, const uint8_t *jpeg, size_t length, const tegl_window_request *wanted) {
  j_decompress_ptr image = &window->image;
  volatile int decoded = 0;
  if (!setjmp(window->fault)) {
    jpeg_mem_src(image, jpeg, (unsigned long)length);
    jpeg_read_header(image, TRUE);
    if (is_usual(image, wanted)) {
      image->raw_data_out = TRUE;
      image->out_color_space = image->jpeg_color_space;
      jpeg_start_decompress(image);
      read_window(window, wanted);
      decoded = 1;
    }
  }
  jpeg_abort_decompress(image);
  return decoded;
}
