/** Work that threads can take: a module by name, with `run(shared, job)`. Modules are loaded when their work comes. */
export interface TaskModule {
  /** @param shared what all jobs of one call have in common; @param job one of them, plain data */
  run(shared: never, job: never): unknown
}

export const tasks = {
  fitAndScore: (): Promise<TaskModule> => import('../selection/fit-and-score.ts'),
  fitAndPredict: (): Promise<TaskModule> => import('../selection/fit-and-predict.ts'),
  growForest: (): Promise<TaskModule> => import('../ensemble/grow-forest.ts'),
  kMeans: (): Promise<TaskModule> => import('../cluster/k-means-task.ts'),
  boostHistograms: (): Promise<TaskModule> => import('../ensemble/histogram/boost.ts'),
  neighbors: (): Promise<TaskModule> => import('../neighbors/neighbors-task.ts'),
  echo: (): Promise<TaskModule> => import('./echo.ts'),
} as const

export type TaskName = keyof typeof tasks
