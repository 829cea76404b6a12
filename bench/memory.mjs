// Resident memory of a long training run: it must not grow with the steps.
import { smallGpt } from './gpt.mjs'
import { megabytes, table } from './table.mjs'

export const summary = "resident memory over a long run of the same GPT's training"
export const options = {
  steps: { default: '2000', help: 'steps in all; the first look is after a tenth of them' },
}

export const run = async ({ steps }, note) => {
  const { parameters, draw, step: update } = smallGpt()
  const looks = new Set([Math.ceil(steps / 10), Math.ceil(steps / 2), steps])
  const seen = []
  for (let step = 1; step <= steps; step++) {
    const loss = await update(...draw(step))
    if (!looks.has(step)) continue
    const { rss, heapUsed, external } = process.memoryUsage()
    seen.push({ step, rss, heapUsed, external, loss })
    note(`step ${step} of ${steps}`)
  }
  const rows = seen.map(s => [s.step, ...[s.rss, s.heapUsed, s.external].map(megabytes), s.loss.toFixed(3)])
  const growth = (seen.at(-1).rss - seen[0].rss) / 2 ** 20
  return {
    title: `GPT training, ${parameters} parameters: memory of the process`,
    text: [
      table(['step', 'resident', 'JavaScript heap', 'outside it', 'loss'], rows),
      `from step ${seen[0].step} to step ${seen.at(-1).step}: ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MiB resident`,
    ].join('\n'),
    versions: {},
    raw: { seen },
  }
}
