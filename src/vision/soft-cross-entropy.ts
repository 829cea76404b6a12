import { ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

/**
 * `−Σₖ targetₖ · ln softmax(logits)ₖ` in nats, averaged over the batch: the loss for shares of classes, as `mixup` and `cutmix` give them.
 *
 * **Shape** logits: `[B, K]`; targets: `[B, K]`, each row adding up to 1 → scalar.
 *
 * @throws ShapeError if the shapes differ
 */
export const softCrossEntropy = (logits: Tensor, targets: Tensor): Tensor<readonly [], 'float32'> => {
  if (logits.shape.length !== 2 || String(logits.shape) !== String(targets.shape)) {
    throw new ShapeError(
      `softCrossEntropy: logits are ${show(logits.shape)} and targets ${show(targets.shape)}. Both must be [B, K]; for the index of each class there is crossEntropy.`,
      { logits: logits.shape, targets: targets.shape },
    )
  }
  return targets.mul(logits.logSoftmax(-1)).sum(-1).mean().neg() as unknown as Tensor<readonly [], 'float32'>
}
