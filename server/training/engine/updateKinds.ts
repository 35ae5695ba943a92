/** The ways in which optimizers change a variable, and the kernel of optimizer.c for each. */
export const updateKinds = {
  sgd: 'update_sgd',
  momentum: 'update_momentum',
  nesterov: 'update_nesterov',
  adam: 'update_adam',
  amsgrad: 'update_amsgrad',
  adamax: 'update_adamax',
  nadam: 'update_nadam',
  adagrad: 'update_adagrad',
  proximalAdagrad: 'update_proximal_adagrad',
  proximalGradient: 'update_proximal_gradient',
  ftrl: 'update_ftrl',
  adadelta: 'update_adadelta',
  rmsprop: 'update_rmsprop',
  centredRmsprop: 'update_centred_rmsprop',
  lion: 'update_lion',
  average: 'update_average',
} as const;

export type UpdateKind = keyof typeof updateKinds;
