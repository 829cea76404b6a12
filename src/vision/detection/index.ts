export {
  type BoxFormat,
  ciou,
  convertBoxes,
  type Detections,
  diou,
  giou,
  iou,
  type LabelledBoxes,
  overlap,
} from './boxes.ts'
export { type DrawBoxesOptions, type DrawDetectionsOptions, drawBoxes, drawDetections } from './draw.ts'
export {
  type BoxMeasure,
  type DetectionLoss,
  type DetectionLossOptions,
  type DetectionOutputs,
  detectionLoss,
} from './loss.ts'
export {
  type AveragePrecisionMethod,
  cocoThresholds,
  type MeanAveragePrecision,
  type MeanAveragePrecisionOptions,
  meanAveragePrecision,
} from './mean-average-precision.ts'
export { type NmsOptions, nonMaxSuppression } from './nms.ts'
export { type DrawScenesOptions, drawScenes, type Scenes, type ScenesOptions, sceneClasses, scenes } from './scenes.ts'
export { type AssignOptions, assignTargets, type DetectionGrid, type DetectionTargets, priorsOf } from './targets.ts'
