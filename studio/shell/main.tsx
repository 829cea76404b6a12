import '../kit/style.css'
import { type ComponentType, render } from 'preact'
import type { About } from '../kit/lab.ts'
import { Start } from './start.tsx'
import { nextTheme } from './theme.ts'
import { wait } from './testing.ts'
import { LabPage, type LabView } from './lab-page.tsx'

// The page reads its address once: a lab, a tool, or the start. Every change of place is a plain link, and a page of its own.

interface ToolAbout {
  readonly name: string
  readonly title: string
  readonly sentence: string
}

const abouts = import.meta.glob<{ readonly about: About }>('../labs/*/about.ts')
const views = import.meta.glob<LabView>('../labs/*/view.tsx')
const toolAbouts = import.meta.glob<{ readonly about: ToolAbout }>('../tools/*/about.ts')
const toolViews = import.meta.glob<{ readonly View: ComponentType }>('../tools/*/view.tsx')

const all = <T,>(modules: Readonly<Record<string, () => Promise<{ readonly about: T }>>>): Promise<T[]> =>
  Promise.all(Object.values(modules).map(async load => (await load()).about))

const Head = ({ place }: { readonly place: string | null }) => (
  <header class="top">
    <a class="brand" href="./">
      <svg aria-hidden="true" viewBox="0 0 24 24">
        <path d="M3 20h5v-5h5v-5h5V5h3" />
      </svg>
      Gradus <span>studio</span>
    </a>
    <nav aria-label="Places">
      {place !== null && <a href="./">All labs</a>}
      <a href="?tool=runs" aria-current={place === 'runs' ? 'page' : undefined}>
        Runs
      </a>
    </nav>
    <button type="button" class="plain" aria-label="Light or dark" onClick={nextTheme}>
      <svg aria-hidden="true" viewBox="0 0 24 24">
        <circle cx="12" cy="12" r="8" />
        <path class="full" d="M12 4a8 8 0 0 1 0 16z" />
      </svg>
    </button>
  </header>
)

const Missing = ({ what }: { readonly what: string }) => (
  <main class="missing">
    <h1>There is nothing here</h1>
    <p>
      {what} <a href="./">All labs</a>
    </p>
  </main>
)

const open = async (): Promise<void> => {
  const root = document.querySelector('#app')!
  const query = new URLSearchParams(location.search)
  const [lab, tool] = [query.get('lab'), query.get('tool')]
  const page = (place: string | null, title: string | null, Body: ComponentType): void => {
    document.title = title === null ? 'Gradus studio' : `${title} · Gradus studio`
    render(
      <>
        <Head place={place} />
        <Body />
      </>,
      root,
    )
  }
  if (lab !== null) {
    const [about, view] = [abouts[`../labs/${lab}/about.ts`], views[`../labs/${lab}/view.tsx`]]
    if (!about || !view) return page('missing', null, () => <Missing what={`There is no lab called “${lab}”.`} />)
    const [{ about: own }, drawn] = await Promise.all([about(), view()])
    return page(lab, own.title, () => <LabPage about={own} view={drawn} />)
  }
  if (tool !== null) {
    const [about, view] = [toolAbouts[`../tools/${tool}/about.ts`], toolViews[`../tools/${tool}/view.tsx`]]
    if (!about || !view) return page('missing', null, () => <Missing what={`There is no tool called “${tool}”.`} />)
    const [{ about: own }, { View }] = await Promise.all([about(), view()])
    return page(tool, own.title, View)
  }
  const [labs, tools] = await Promise.all([all(abouts), all(toolAbouts)])
  page(null, null, () => <Start labs={labs.sort((a, b) => a.order - b.order)} tools={tools} />)
}

wait(open())
