// Every kernel that TypeScript calls, included by tasks.c with different meanings of TASK and QUERY.
//
//   TASK(name, cost of one unit, arguments before the range ...)
//   QUERY(name, arguments ...)
//
// P(i) is argument i as an address, I(i) as a whole number, L(i) as a long one, D(i) as a real one;
// SCRATCH is this thread's scratch memory.

QUERY(packed_floats, I(0), I(1), I(2))
QUERY(panel_count, I(0))
TASK(matmul_pack, (double)I(2) * TILE_COLUMNS, P(0), I(1), I(2), I(3), P(4))
QUERY(row_tiles, I(0))
TASK(matmul, (double)TILE_ROWS * I(3) * I(4) / LANES, P(0), I(1), I(2), I(3), I(4), P(5), P(6), I(7), P(8))

QUERY(conv2d_scratch_bytes, P(0))
QUERY(conv2d_packed_floats, P(0))
QUERY(conv2d_input_gradient_packed_floats, P(0))
TASK(conv2d_pack, shape_taps(P(0)) * TILE_COLUMNS, P(0), P(1), P(2))
TASK(conv2d, shape_cost(P(0)), P(0), P(1), P(2), P(3), I(4), P(5), SCRATCH)
TASK(conv2d_input_gradient_pack, shape_taps(P(0)) * TILE_COLUMNS, P(0), P(1), P(2))
TASK(conv2d_input_gradient, shape_cost(P(0)), P(0), P(1), P(2), P(3), I(4), P(5), SCRATCH)
QUERY(conv2d_filter_gradient_parts, P(0))
QUERY(conv2d_filter_gradient_units, P(0))
QUERY(conv2d_filter_gradient_scratch_bytes, P(0))
TASK(conv2d_filter_gradient, shape_cost(P(0)) / 16, P(0), P(1), P(2), P(3), P(4), SCRATCH)
TASK(add_parts, I(1), P(0), I(1), L(2), P(3))

QUERY(depthwise_scratch_bytes, P(0))
QUERY(depthwise_parts, P(0))
TASK(depthwise, row_cost(P(0)), P(0), P(1), P(2), P(3), I(4), P(5), SCRATCH)
TASK(depthwise_input_gradient, row_cost(P(0)), P(0), P(1), P(2), P(3), SCRATCH)
TASK(depthwise_filter_gradient, shape_pixels(P(0)) / DEPTH_PARTS, P(0), P(1), P(2), P(3), SCRATCH)

TASK(max_pool, shape_pixels(P(0)), P(0), P(1), P(2))
TASK(max_pool_gradient, 2 * shape_pixels(P(0)), P(0), P(1), P(2), P(3))
TASK(average_pool, shape_pixels(P(0)), P(0), P(1), P(2))
TASK(average_pool_gradient, shape_pixels(P(0)), P(0), P(1), P(2))
TASK(l2_pool, shape_pixels(P(0)), P(0), P(1), P(2))
TASK(l2_pool_gradient, 2 * shape_pixels(P(0)), P(0), P(1), P(2), P(3), P(4))
TASK(resample, row_cost(P(0)), P(0), P(1), P(2), P(3), P(4))

QUERY(dft_blocks, P(0))
QUERY(dft_scratch_bytes, P(0))
TASK(dft_lines, dft_cost(P(0)), P(0), P(1), P(2), P(3), D(4), P(5), P(6), SCRATCH)

TASK(unary_relu, 1, P(0), P(1))
TASK(unary_negate, 1, P(0), P(1))
TASK(unary_absolute, 1, P(0), P(1))
TASK(unary_square, 1, P(0), P(1))
TASK(unary_square_root, 2, P(0), P(1))
TASK(unary_reciprocal_root, 4, P(0), P(1))
TASK(unary_reciprocal, 2, P(0), P(1))
TASK(unary_exponential, 8, P(0), P(1))
TASK(unary_logarithm, 8, P(0), P(1))
TASK(unary_tanh, 16, P(0), P(1))
TASK(unary_sigmoid, 8, P(0), P(1))
TASK(unary_softplus, 16, P(0), P(1))
TASK(unary_elu, 8, P(0), P(1))
TASK(unary_error_function, 16, P(0), P(1))

TASK(activation, 12, I(0), D(1), P(2), P(3))
TASK(activation_gradient, 16, I(0), D(1), P(2), P(3), P(4))
TASK(prelu, I(1), P(0), I(1), P(2), P(3))
TASK(prelu_gradient, 2.0 * I(2), P(0), P(1), I(2), P(3), P(4), P(5))

TASK(binary_add, 1, P(0), P(1), P(2), P(3))
TASK(binary_subtract, 1, P(0), P(1), P(2), P(3))
TASK(binary_multiply, 1, P(0), P(1), P(2), P(3))
TASK(binary_divide, 2, P(0), P(1), P(2), P(3))
TASK(binary_maximum, 1, P(0), P(1), P(2), P(3))
TASK(binary_minimum, 1, P(0), P(1), P(2), P(3))
TASK(binary_squared_difference, 1, P(0), P(1), P(2), P(3))
TASK(binary_relu_gradient, 1, P(0), P(1), P(2), P(3))
TASK(binary_at_least, 1, P(0), P(1), P(2), P(3))
TASK(binary_elu_gradient, 1, P(0), P(1), P(2), P(3))

TASK(sum_rows, L(1), P(0), L(1), D(2), P(3))
TASK(maximum_rows, L(1), P(0), L(1), P(2))
TASK(sum_columns, (double)L(1) * I(2), P(0), L(1), I(2), D(3), P(4), SCRATCH)
QUERY(row_groups, L(0))
TASK(group_sums, (double)L(1) * I(2) / MOST_GROUPS, P(0), L(1), I(2), P(3))
TASK(group_moments, 3.0 * L(1) * I(2) / MOST_GROUPS, P(0), L(1), I(2), P(3))
TASK(moment_totals, 4.0 * I(1), P(0), I(1), L(2), I(3), P(4), P(5))
TASK(group_totals, I(1), P(0), I(1), I(2), D(3), P(4))
TASK(maximum_columns, (double)I(1) * L(2), P(0), I(1), L(2), I(3), P(4))
QUERY(softmax_scratch_bytes, I(0))
TASK(softmax, 8.0 * I(1), P(0), I(1), P(2), SCRATCH)

TASK(batch_norm, I(1), P(0), I(1), P(2), P(3), P(4), P(5), D(6), I(7), P(8))
TASK(batch_norm_sums, 2.0 * L(8) * I(9) / MOST_GROUPS, P(0), P(1), P(2), P(3), P(4), P(5), D(6),
     I(7), L(8), I(9), P(10), P(11))
TASK(batch_norm_totals, 2.0 * I(2), P(0), P(1), I(2), I(3), P(4), D(5), P(6), P(7))
TASK(batch_norm_gradient, I(9), P(0), P(1), P(2), P(3), P(4), P(5), D(6), I(7), L(8), I(9), P(10),
     P(11), P(12))

// Whether a list of kernels goes on: the first query of it that answers with more than 0 ends it.
TASK(find_not_finite, NOT_FINITE_BLOCK, P(0), L(1), P(2))
QUERY(not_finite_blocks, L(0))
QUERY(first_flag, P(0), I(1))

TASK(fill, 1, P(0), D(1))
TASK(copy, 1, P(0), P(1))
TASK(float_of_whole, 1, P(0), P(1))
TASK(whole_of_float, 1, P(0), P(1))
QUERY(dot_blocks, L(0))
TASK(dot, 2.0 * DOT_BLOCK, P(0), P(1), L(2), P(3))
TASK(dot_total, I(1), P(0), I(1), P(2))

TASK(copy_block, 2, P(0), P(1), P(2))
QUERY(group_norm_scratch_bytes, I(0))
QUERY(group_norm_parts, L(0))
TASK(group_norm, 3.0 * I(1) * I(2), P(0), I(1), I(2), I(3), P(4), P(5), D(6), I(7), P(8), P(9),
     P(10), SCRATCH)
TASK(group_norm_gradient, 4.0 * L(2) * I(3) * I(4) / MOST_PARTS, P(0), P(1), L(2), I(3), I(4),
     I(5), P(6), P(7), P(8), P(9), D(10), I(11), P(12), P(13), P(14), SCRATCH)

QUERY(local_response_scratch_bytes, I(0), I(1))
TASK(local_response_norm, 20.0 * I(1), P(0), I(1), I(2), D(3), D(4), D(5), P(6), SCRATCH)
TASK(local_response_norm_gradient, 40.0 * I(2), P(0), P(1), I(2), I(3), D(4), D(5), D(6), P(7),
     SCRATCH)

TASK(one_hot, I(1), P(0), I(1), P(2))
TASK(softmax_cross_entropy, 12.0 * I(2), P(0), P(1), I(2), D(3), D(4), P(5), I(6), P(7), P(8),
     P(9), SCRATCH)
TASK(distribution_cross_entropy, 20.0 * I(2), P(0), P(1), I(2), I(3), P(4), P(5), SCRATCH)
TASK(point_loss, 12.0 * L(3), I(0), P(1), P(2), L(3), D(4), P(5), P(6))

QUERY(overlap_parts, L(0))
QUERY(overlap_scratch_bytes, I(0))
TASK(overlap_sums, 12.0 * I(3) * OVERLAP_PIXELS, P(0), P(1), L(2), I(3), P(4), SCRATCH)
TASK(tversky_loss, 3.0 * I(1) * I(2), P(0), I(1), I(2), D(3), D(4), D(5), P(6), P(7))
TASK(tversky_gradient, 16.0 * I(5), P(0), P(1), P(2), P(3), L(4), I(5), P(6), SCRATCH)

QUERY(penalty_blocks, L(0))
TASK(penalty_sums, PENALTY_BLOCK, P(0), L(1), D(2), D(3), P(4))
TASK(penalty_total, I(1), P(0), I(1), P(2))
TASK(penalty_gradient, 2, P(0), P(1), D(2), D(3), P(4))

TASK(update_sgd, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_momentum, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_nesterov, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_adam, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_amsgrad, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_adamax, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_nadam, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_adagrad, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_proximal_adagrad, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_proximal_gradient, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_ftrl, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_adadelta, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_rmsprop, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_centred_rmsprop, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_lion, 6, P(0), P(1), P(2), P(3), P(4), P(5))
TASK(update_average, 3, P(0), P(1), P(2), P(3), P(4), P(5))

TASK(random_drop, 2 * STRETCH, I(0), I(1), P(2), P(3), D(4), D(5), D(6), D(7), I(8), P(9), P(10))
TASK(random_uniform, 2 * STRETCH, I(0), I(1), P(2), P(3), D(4), D(5), I(6), P(7))
TASK(random_normal, 8 * STRETCH, I(0), I(1), P(2), P(3), D(4), D(5), I(6), P(7), P(8))
TASK(random_select, L(6), I(0), I(1), P(2), P(3), D(4), D(5), L(6), P(7), P(8), P(9))
TASK(random_photons, 256.0 * STRETCH, I(0), I(1), P(2), P(3), D(4), D(5), D(6), I(7), P(8), P(9))

TASK(orient_images, image_size(P(4)), I(0), I(1), P(2), P(3), P(4), I(5), I(6), I(7), P(8), P(9))
TASK(warp_affine, warp_cost(P(4)), I(0), I(1), P(2), P(3), P(4), D(5), D(6), D(7), D(8), D(9), D(10),
     D(11), D(12), P(13), P(14))
TASK(warp_crop, warp_cost(P(4)), I(0), I(1), P(2), P(3), P(4), I(5), P(6), P(7))
TASK(warp_resized_crop, warp_cost(P(4)), I(0), I(1), P(2), P(3), P(4), D(5), D(6), P(7), P(8))
TASK(warp_elastic, 2 * warp_cost(P(4)), I(0), I(1), P(2), P(3), P(4), D(5), D(6), I(7), P(8), P(9),
     SCRATCH)
TASK(cut_out, image_size(P(4)), I(0), I(1), P(2), P(3), P(4), I(5), I(6), D(7), P(8), P(9))
TASK(blur_images, 4.0 * image_size(P(4)), I(0), I(1), P(2), P(3), P(4), D(5), D(6), I(7), P(8), P(9),
     SCRATCH)
TASK(shuffle_channels, image_size(P(4)), I(0), I(1), P(2), P(3), P(4), P(5), P(6), SCRATCH)
TASK(recolour, 4.0 * image_size(P(4)), I(0), I(1), P(2), P(3), P(4), D(5), D(6), D(7), D(8), P(9),
     P(10))

TASK(change_contrast, 4.0 * image_size(P(4)), I(0), I(1), P(2), P(3), P(4), D(5), D(6), P(7), P(8),
     SCRATCH)

TASK(draw_partners, 40.0 * I(4), I(0), I(1), P(2), P(3), I(4), P(5))
TASK(draw_shares, 400, I(0), I(1), P(2), P(3), D(4), P(5), P(6))
TASK(draw_boxes, 400, I(0), I(1), P(2), P(3), P(4), D(5), P(6), P(7), P(8))
TASK(mix_rows, L(2), P(0), P(1), L(2), P(3), P(4))
TASK(paste_boxes, image_size(P(0)), P(0), P(1), P(2), P(3), P(4))
