import './gpt.css'
import { useEffect, useState } from 'preact/hooks'
import { Panel } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { Branches } from './branches.tsx'
import { Heads } from './heads.tsx'
import { NextTokens } from './next-tokens.tsx'
import type { GptShot, Look } from './shot.ts'
import { visible } from './words.ts'

export { Guide } from './guide.tsx'

/** What it writes as it learns; then, for a prompt, what it would say next and where it looks. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as GptShot | null
  const settings = session.settings.value as Settings
  const [off, setOff] = useState<readonly [number, number] | null>(null)
  const { look, wrong } = useLook(session, shot, off)
  if (!shot) return null
  const change = (prompt: string): void => session.change({ prompt })
  return (
    <>
      <Panel
        title="What it writes"
        note={`${Number(shot.facts.parameters).toLocaleString('en')} parameters, ${String(shot.facts.vocabSize)} different tokens`}
      >
        <Samples shot={shot} />
      </Panel>
      <Panel title="Choose the next token" note="press a token to add it">
        <label class="gpt-prompt">
          <span class="unseen">Prompt</span>
          <textarea aria-label="Prompt" rows={2} value={settings.prompt} onInput={e => change(e.currentTarget.value)} />
        </label>
        <Writer session={session} prompt={settings.prompt} change={change} />
        {wrong !== null && (
          <p class="notice wrong" role="alert">
            {wrong}
          </p>
        )}
        {look && (
          <NextTokens look={look} settings={settings} off={off} choose={text => change(settings.prompt + text)} />
        )}
      </Panel>
      {look && (
        <>
          <Panel title="Branches" note="what may come, as wide as it is likely">
            <Branches look={look} />
          </Panel>
          <Panel
            title={`The likeliest texts, by ${settings.beams === 1 ? 'greedy choice' : `beam search with ${settings.beams} beams`}`}
          >
            <ol class="gpt-beams">
              {look.beams.map(({ text, logprob }) => (
                <li key={text}>
                  <code>{visible(text)}</code> <span class="muted">log p = {logprob.toFixed(2).replace('-', '−')}</span>
                </li>
              ))}
            </ol>
          </Panel>
          <Panel title="Attention heads" note="each row: where one token looks back to">
            <Heads look={look} off={off} setOff={setOff} />
          </Panel>
        </>
      )}
    </>
  )
}

/** Asks the model about the prompt: when it changes, when settings of writing change, and now and then while it learns. */
const useLook = (session: Session, shot: GptShot | null, off: readonly [number, number] | null) => {
  const [found, setFound] = useState<{ readonly look: Look | null; readonly wrong: string | null }>({
    look: null,
    wrong: null,
  })
  const { prompt, temperature, topK, topP, minP, beams } = session.settings.value as Settings
  const state = session.run.state.value
  const learned = state === 'playing' ? Math.floor((shot?.samples.at(-1)?.step ?? 0) / 100) : session.run.step.value
  const ready = shot !== null && state !== 'starting' && state !== 'failed'
  useEffect(() => {
    if (!ready) return
    let current = true
    session.run
      .ask<Look>({ look: prompt, ...(off && { without: off }) })
      .then(look => current && setFound({ look, wrong: null }))
      .catch((error: Error) => current && setFound(before => ({ look: before.look, wrong: error.message })))
    return () => {
      current = false
    }
  }, [prompt, temperature, topK, topP, minP, beams, learned, ready, off])
  return found
}

const Samples = ({ shot }: { readonly shot: GptShot }) => (
  <ol class="gpt-samples" aria-label="Samples">
    {shot.samples.slice(-4).map(({ step, text }) => (
      <li key={step}>
        <span class="muted">step {step}</span>
        <code>{visible(text)}</code>
      </li>
    ))}
  </ol>
)

const Writer = ({
  session,
  prompt,
  change,
}: {
  readonly session: Session
  readonly prompt: string
  readonly change: (prompt: string) => void
}) => {
  const [busy, setBusy] = useState(false)
  const [seed, setSeed] = useState(1)
  const write = async (tokens: number): Promise<void> => {
    setBusy(true)
    try {
      change(prompt + (await session.run.ask<string>({ write: prompt, tokens, seed })))
      setSeed(seed + 1)
    } catch (error) {
      session.complaint.value = (error as Error).message
    } finally {
      setBusy(false)
    }
  }
  return (
    <div class="row">
      <button type="button" disabled={busy} onClick={() => write(1)}>
        Draw one
      </button>
      <button type="button" disabled={busy} onClick={() => write(60)}>
        Write 60 tokens
      </button>
      <button type="button" disabled={prompt === ''} onClick={() => change([...prompt].slice(0, -1).join(''))}>
        Take one back
      </button>
      <button type="button" disabled={prompt === ''} onClick={() => change('')}>
        Clear
      </button>
    </div>
  )
}
