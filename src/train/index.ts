export { MetricsLog } from './metrics-log.ts'
export { type Checkpoint, RunFolder, type TrainerState } from './run-folder.ts'
export { type Evaluation, type TrainOptions, type TrainResult, type TrainTask, train } from './trainer.ts'
