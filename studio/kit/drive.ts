import { setSeed } from 'gradus'
import type { Common, Core, LabRun, Metrics, OwnData, Shot } from './lab.ts'

/** Why a run stands still for good. */
export type Stop = 'steps' | 'target' | 'patience' | 'diverged' | 'ended'

export interface Driven {
  readonly metrics: Metrics | null
  readonly stop: Stop | null
}

/** A run with its stop conditions: the page's worker and the command line go through here, so that they do the same. */
export class Drive<X extends Shot = Shot> {
  readonly run: LabRun<Readonly<Record<string, unknown>>, X>
  /** Steps done. */
  step = 0
  /** Those in force now. */
  settings: Readonly<Record<string, unknown>>
  private best = Infinity
  private bestAt = 0

  private constructor(run: LabRun<Readonly<Record<string, unknown>>, X>, settings: Readonly<Record<string, unknown>>) {
    this.run = run
    this.settings = settings
  }

  static async start<X extends Shot>(
    core: Core<Readonly<Record<string, unknown>>, X>,
    settings: Readonly<Record<string, unknown>>,
    own: OwnData | null = null,
  ): Promise<Drive<X>> {
    setSeed((settings as unknown as Common).seed)
    return new Drive(await core.prepare(settings, own), settings)
  }

  /** Takes changed settings. */
  set(settings: Readonly<Record<string, unknown>>): void {
    this.settings = settings
    this.run.set?.(settings)
  }

  /** One step, and whether it was the last. */
  async next(): Promise<Driven> {
    const { steps, target, patience } = this.settings as unknown as Common
    if (this.step >= steps) return { metrics: null, stop: 'steps' }
    const metrics = await this.run.step()
    if (metrics === null) return { metrics, stop: 'ended' }
    this.step += 1
    const { loss } = metrics
    if (loss !== undefined) {
      if (!Number.isFinite(loss)) return { metrics, stop: 'diverged' }
      if (target !== undefined && loss <= target) return { metrics, stop: 'target' }
      if (loss < this.best) {
        this.best = loss
        this.bestAt = this.step
      } else if (patience !== undefined && this.step - this.bestAt >= patience) return { metrics, stop: 'patience' }
    }
    return { metrics, stop: this.step >= steps ? 'steps' : null }
  }
}
