import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import type { Settings } from './about.ts'
import { type Look, stages } from './shot.ts'
import { token } from './words.ts'

const percent = (p: number): string => (p === 0 ? '–' : p < 0.0005 ? '<0.1 %' : `${(100 * p).toFixed(1)} %`)

/** The likeliest next tokens, and what each filter leaves of their probabilities. */
export const NextTokens = ({
  look,
  settings,
  off,
  choose,
}: {
  readonly look: Look
  readonly settings: Settings
  readonly off: readonly [number, number] | null
  readonly choose: (text: string) => void
}) => {
  const { next, total, without } = look
  const names = [
    'model',
    `temperature ${shown(settings.temperature)}`,
    settings.topK === 0 ? 'top-k: all' : `top-k ${settings.topK}`,
    `top-p ${shown(settings.topP)}`,
    `min-p ${shown(settings.minP)}`,
  ]
  return (
    <>
      {look.unseen > 0 && (
        <p class="muted">
          The model sees the last {look.tokens.length} tokens of the prompt; {look.unseen} before them are out of its
          context.
        </p>
      )}
      <div class="scroll">
        <table class="gpt-next">
          <caption class="unseen">The likeliest next tokens after each filter</caption>
          <thead>
            <tr>
              <th scope="col">token</th>
              {names.map((name, i) => (
                <th key={stages[i]} scope="col">
                  {name}
                </th>
              ))}
              {without && (
                <th scope="col">
                  without head {off![0] + 1}.{off![1] + 1}
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {next.map(({ id, text, logit, probabilities }, row) => (
              <tr key={id}>
                <th scope="row">
                  <button type="button" class="gpt-token" onClick={() => choose(text)}>
                    {token(text)}
                  </button>
                </th>
                {[...probabilities, ...(without ? [without[row]!] : [])].map((p, i) => (
                  <td key={stages[i] ?? 'without'} class={p === 0 ? 'cut' : ''}>
                    <span class="gpt-bar" style={{ width: `${Math.max(p > 0 ? 1 : 0, 100 * p)}%` }} />
                    <span class="gpt-percent">
                      {i === 0 ? (
                        <Explained
                          shown={percent(p)}
                          explain={() => ({
                            what: `Probability that ${token(text)} comes next`,
                            formula: 'p_i = e^{z_i} / Σ_j e^{z_j}',
                            numbers: `${shown(p)} = e^{${shown(logit - total.largest)}} / ${shown(total.sum)}   (the largest logit, ${shown(total.largest)}, is taken off all)`,
                          })}
                        />
                      ) : (
                        percent(p)
                      )}
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
