import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { Canvas } from '../kit/canvas/canvas.tsx'
import type { About } from '../kit/lab.ts'
import { type Picture, Previews } from './previews.ts'
import { wait } from './testing.ts'

interface Tool {
  readonly name: string
  readonly title: string
  readonly sentence: string
}

/** Every lab with a small picture of a run that is really done, in the page's own worker. */
export const Start = ({ labs, tools }: { readonly labs: readonly About[]; readonly tools: readonly Tool[] }) => {
  const pictures = useMemo(() => new Map(labs.map(({ name }) => [name, signal<Picture | null>(null)])), [labs])
  const previews = useMemo(() => new Previews(labs, (name, picture) => (pictures.get(name)!.value = picture)), [labs])
  useEffect(() => {
    wait(previews.all())
    return () => previews.close()
  }, [previews])
  return (
    <main class="start">
      <header>
        <h1>Watch a machine learn</h1>
        <p>
          Each lab trains a real model in this page: change something, and see what becomes of it. Nothing leaves your
          computer.
        </p>
      </header>
      <ul class="cards" aria-label="Labs">
        {labs.map(lab => (
          <Card key={lab.name} lab={lab} picture={pictures.get(lab.name)!} play={() => previews.replay(lab.name)} />
        ))}
        {tools.map(({ name, title, sentence }) => (
          <li key={name} class="card tool">
            <a href={`?tool=${name}`}>
              <div class="thumb">
                <svg aria-hidden="true" viewBox="0 0 160 100">
                  <path class="grid" d="M16 84h128M16 60h128M16 36h128M16 14v70" />
                  <path class="first" d="M16 20C34 62 60 72 144 76" />
                  <path class="second" d="M16 26C44 44 70 54 144 58" />
                  <path class="third" d="M16 16C24 60 40 80 144 82" />
                </svg>
              </div>
              <span class="topic">Tool</span>
              <h2>{title}</h2>
              <p>{sentence}</p>
            </a>
          </li>
        ))}
      </ul>
    </main>
  )
}

const Card = ({
  lab,
  picture,
  play,
}: {
  readonly lab: About
  readonly picture: Signal<Picture | null>
  readonly play: () => void
}) => {
  const shown = picture.value
  return (
    <li class="card">
      <a href={`?lab=${lab.name}`} onPointerEnter={play} onFocus={play}>
        <div class="thumb">
          {shown ? (
            <Canvas
              label={`${lab.title}, a run of ${shown.steps} steps`}
              describe=""
              aspect={1.6}
              draw={(ctx, size, theme) => shown.draw(ctx, size, theme)}
            />
          ) : (
            <div class="waiting" />
          )}
        </div>
        <span class="topic">{lab.topic}</span>
        <h2>{lab.title}</h2>
        <p>{lab.sentence}</p>
      </a>
    </li>
  )
}
