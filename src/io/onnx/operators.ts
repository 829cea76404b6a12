import type { Operators } from './call.ts'
import { attentionOperators } from './operators-attention.ts'
import { bitsOperators } from './operators-bits.ts'
import { controlOperators } from './operators-control.ts'
import { detectionOperators } from './operators-detection.ts'
import { imageOperators } from './operators-image.ts'
import { indexingOperators } from './operators-indexing.ts'
import { lossOperators } from './operators-loss.ts'
import { mathOperators } from './operators-math.ts'
import { mlOperators } from './operators-ml.ts'
import { normalizationOperators } from './operators-normalization.ts'
import { quantizedOperators } from './operators-quantized.ts'
import { randomOperators } from './operators-random.ts'
import { recurrentOperators } from './operators-recurrent.ts'
import { reduceOperators } from './operators-reduce.ts'
import { sampleOperators } from './operators-sample.ts'
import { shapeOperators } from './operators-shape.ts'
import { signalOperators } from './operators-signal.ts'
import { svmOperators } from './operators-svm.ts'
import { textOperators } from './operators-text.ts'
import { windowOperators } from './operators-window.ts'

/** Every operator that can be read, by name. */
export const operators: Operators = {
  ...attentionOperators,
  ...bitsOperators,
  ...controlOperators,
  ...detectionOperators,
  ...imageOperators,
  ...indexingOperators,
  ...lossOperators,
  ...mathOperators,
  ...mlOperators,
  ...normalizationOperators,
  ...quantizedOperators,
  ...randomOperators,
  ...recurrentOperators,
  ...reduceOperators,
  ...sampleOperators,
  ...shapeOperators,
  ...signalOperators,
  ...svmOperators,
  ...textOperators,
  ...windowOperators,
}
