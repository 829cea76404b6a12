import './tokenizer.css'
import { useState } from 'preact/hooks'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { LongTable } from './long-table.tsx'
import { Merges } from './merges.tsx'
import { type Cut, kindNames, shownCharacters, type TokenizerShot } from './shot.ts'
import { TokenText } from './token-text.tsx'
import { visible } from './words.ts'

export { Guide } from './guide.tsx'

const titleOf = (name: string): string => kindNames[name] ?? name

/** The text, its tokens, what was learned, and another tokenizer beside it. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as TokenizerShot | null
  const settings = session.settings.value as Settings
  const [chosen, choose] = useState<number | null>(null)
  if (!shot) return null
  const { main, other } = shot
  const piece = chosen === null ? null : main.pieces[chosen]
  return (
    <>
      <Texts session={session} shot={shot} />
      <Panel
        title={`Tokens: ${titleOf(main.name)}`}
        note={`${main.pieces.length.toLocaleString('en')} tokens, after ${shot.after}${shot.after < shot.learned ? ` of ${shot.learned}` : ''} ${shot.learned === 1 ? 'step' : 'steps'}`}
      >
        <Cutting cut={main} ids={settings.ids} chosen={chosen} choose={choose} />
        {main.wrong === null && (
          <p class="tokenizer-detail" aria-live="polite">
            {piece ? (
              <>
                Token {chosen! + 1}, id {piece.id}: <code>{visible(piece.token)}</code>
                {piece.bytes.length > 0 && (
                  <>
                    , {piece.bytes.length} {piece.bytes.length === 1 ? 'byte' : 'bytes'}{' '}
                    <code>{piece.bytes.map(byte => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')}</code>
                  </>
                )}
                {piece.kind === 'bytes' && ', part of a character'}
                {piece.kind === 'special' && ', which stands for what the vocabulary has not'}
              </>
            ) : (
              <span class="muted">Press a token to see its bytes.</span>
            )}
          </p>
        )}
      </Panel>
      <Tiles wide={380}>
        <Panel
          title="What was learned"
          note={shot.growing ? 'press a step to see the text as it was then' : 'its pieces, the likeliest first'}
        >
          <Merges session={session} shot={shot} />
        </Panel>
        <Panel title="In numbers">
          <Numbers cut={main} shot={shot} />
          <h3 class="tokenizer-heading">Put together again</h3>
          <RoundTrip cut={main} text={shot.text} />
        </Panel>
      </Tiles>
      {other && (
        <Panel
          title={`The same text by ${titleOf(other.name)}`}
          note={`${other.pieces.length.toLocaleString('en')} tokens, ${difference(main, other)}`}
        >
          <Cutting cut={other} ids={settings.ids} chosen={null} choose={() => {}} />
          <Numbers cut={other} shot={shot} />
          <RoundTrip cut={other} text={shot.text} />
        </Panel>
      )}
      <Panel
        title="Tokens one by one"
        note={main.pieces.length > 200 ? `the first 200 of ${main.pieces.length}` : undefined}
      >
        <LongTable label="Token table">
          <thead>
            <tr>
              <th scope="col">place</th>
              <th scope="col">id</th>
              <th scope="col">token</th>
              <th scope="col">says</th>
              <th scope="col">bytes</th>
            </tr>
          </thead>
          <tbody>
            {main.pieces.slice(0, 200).map(({ id, token, text, bytes }, i) => (
              <tr key={i}>
                <td>{i + 1}</td>
                <td>{id}</td>
                <td>
                  <code>{visible(token)}</code>
                </td>
                <td>{visible(text)}</td>
                <td>
                  <code>{bytes.map(byte => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ') || '–'}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </LongTable>
      </Panel>
    </>
  )
}

const difference = (main: Cut, other: Cut): string => {
  const more = other.pieces.length - main.pieces.length
  return more === 0 ? 'as many' : `${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'}`
}

const Texts = ({ session, shot }: { readonly session: Session; readonly shot: TokenizerShot }) => {
  const { text, other } = session.settings.value as Settings
  const source = session.source.value
  return (
    <Panel
      title="Text"
      note={`${shot.characters.toLocaleString('en')} characters, ${shot.bytes.toLocaleString('en')} bytes${shot.characters >= shownCharacters ? ' shown and counted' : ''}`}
    >
      <div class="tokenizer-texts">
        <label>
          <span>{source ? `Learned from ${source.name}` : 'Learn from this text'}</span>
          <textarea
            aria-label="Text to learn from"
            rows={4}
            disabled={source !== null}
            value={source ? '' : text}
            onInput={e => session.change({ text: e.currentTarget.value })}
          />
        </label>
        <label>
          <span>Cut another text (empty: the same)</span>
          <textarea
            aria-label="Text to cut"
            rows={4}
            value={other}
            onInput={e => session.change({ other: e.currentTarget.value })}
          />
        </label>
      </div>
    </Panel>
  )
}

const Cutting = ({
  cut,
  ids,
  chosen,
  choose,
}: {
  readonly cut: Cut
  readonly ids: boolean
  readonly chosen: number | null
  readonly choose: (index: number) => void
}) =>
  cut.wrong === null ? (
    <TokenText label={`Tokens of ${titleOf(cut.name)}`} pieces={cut.pieces} ids={ids} chosen={chosen} choose={choose} />
  ) : (
    <p class="notice wrong" role="alert">
      {cut.wrong}
    </p>
  )

const Numbers = ({ cut, shot }: { readonly cut: Cut; readonly shot: TokenizerShot }) => {
  const { length } = cut.pieces
  if (length === 0) return null
  return (
    <Facts
      of={[
        ['Vocabulary', cut.vocabSize.toLocaleString('en')],
        ['Tokens of the text', length.toLocaleString('en')],
        [
          'Characters in a token',
          <Explained
            key="characters"
            shown={shown(shot.characters / length, 3)}
            explain={() => ({
              what: 'Characters of the text for each token, emoji parts counted one by one',
              formula: 'compression = characters / tokens',
              numbers: `${shown(shot.characters / length, 3)} = ${shot.characters} / ${length}`,
            })}
          />,
        ],
        [
          'Bytes in a token',
          <Explained
            key="bytes"
            shown={shown(shot.bytes / length, 3)}
            explain={() => ({
              what: 'Bytes of the text in UTF-8 for each token',
              formula: 'bytes / tokens',
              numbers: `${shown(shot.bytes / length, 3)} = ${shot.bytes} / ${length}`,
            })}
          />,
        ],
        ['Unknown tokens', cut.unknown.toLocaleString('en')],
      ]}
    />
  )
}

/** Whether decoding gives the text back, and if not, where it first differs. */
const RoundTrip = ({ cut, text }: { readonly cut: Cut; readonly text: string }) => {
  if (cut.wrong !== null) return null
  if (cut.decoded === text) return <p class="tokenizer-same">Its ids are decoded to exactly the same text.</p>
  const [before, after] = [[...text], [...cut.decoded]]
  let at = 0
  while (at < before.length && before[at] === after[at]) at++
  const around = (of: readonly string[]): string => visible(of.slice(Math.max(0, at - 8), at + 12).join(''))
  return (
    <p>
      Its ids are decoded to another text, first at character {at + 1}: <code>{around(after)}</code> instead of{' '}
      <code>{around(before)}</code>.
    </p>
  )
}
