import { useEffect, useRef } from 'preact/hooks'
import { shown } from '../../kit/canvas/scale.ts'
import type { Session } from '../../kit/session.ts'
import { LongTable } from './long-table.tsx'
import type { Merge, TokenizerShot } from './shot.ts'
import { visible } from './words.ts'

/** What was learned, step by step, and what comes next. */
export const Merges = ({ session, shot }: { readonly session: Session; readonly shot: TokenizerShot }) => {
  const { merges, next, count, learned, growing, after, stepwise } = shot
  const back = stepwise && after < learned
  const dated = back && growing
  const show = (at: number | undefined): void => session.change({ at })
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    // The latest is what is looked for.
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [count])
  const sample = next ?? merges[0]
  if (!sample) return <p class="muted">This tokenizer learns nothing step by step.</p>
  const paired = sample.pair !== null
  const scored = sample.score !== null
  return (
    <>
      {stepwise && (
        <div class="row">
          <button type="button" disabled={after === 0} onClick={() => show(after - 1)}>
            One step back
          </button>
          <button type="button" disabled={!back} onClick={() => show(after + 1)}>
            One step on
          </button>
          <button type="button" disabled={!back} onClick={() => show(undefined)}>
            Latest
          </button>
        </div>
      )}
      {merges.length < count && (
        <p class="muted">
          The {growing ? 'latest' : 'rarest'} {merges.length} of {count} are listed.
        </p>
      )}
      <LongTable label="Merge table" refTo={box}>
        <caption class="unseen">What each step learned</caption>
        <thead>
          <tr>
            <th scope="col">{growing ? 'step' : 'rank'}</th>
            {paired && <th scope="col">pair</th>}
            {paired && <th scope="col">times</th>}
            <th scope="col">becomes</th>
            <th scope="col">says</th>
            {scored && <th scope="col">log p</th>}
          </tr>
        </thead>
        <tbody>
          {merges.map(merge => (
            <Row
              key={merge.rank}
              of={merge}
              now={dated && merge.rank === after}
              later={dated && merge.rank > after}
              {...(stepwise && growing && { show })}
            />
          ))}
          {next && <Row of={next} coming />}
        </tbody>
      </LongTable>
    </>
  )
}

const Row = ({
  of: { rank, pair, token, text, count, score },
  coming = false,
  now = false,
  later = false,
  show,
}: {
  readonly of: Merge
  readonly coming?: boolean
  readonly now?: boolean
  readonly later?: boolean
  readonly show?: (at: number) => void
}) => (
  <tr class={coming ? 'coming' : now ? 'now' : later ? 'later' : ''}>
    <td>
      {show ? (
        <button type="button" class="plain" aria-pressed={now} onClick={() => show(rank)}>
          {rank}
        </button>
      ) : coming ? (
        'next'
      ) : (
        rank
      )}
    </td>
    {pair && (
      <td>
        <code>{visible(pair[0])}</code> <code>{visible(pair[1])}</code>
      </td>
    )}
    {pair && <td>{count ?? '–'}</td>}
    <td>
      <code>{visible(token)}</code>
    </td>
    <td>{visible(text)}</td>
    {score !== null && <td>{shown(score, 3)}</td>}
  </tr>
)
