// Frequent English words that carry grammar rather than a subject: articles, pronouns, prepositions, conjunctions, auxiliary verbs and common adverbs.
const articles = 'a an the this that these those'
const pronouns =
  'i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs themselves who whom whose which what one ones anyone anybody anything everyone everybody everything someone somebody something none nobody nothing each other another'
const prepositions =
  'about above across after against along among around as at before behind below beneath beside besides between beyond by down during except for from in inside into like near of off on onto out outside over past per since through throughout till to toward towards under until up upon via with within without'
const conjunctions = 'and or but nor so yet if because although though while whereas unless than whether'
const auxiliaries =
  'am is are was were be been being do does did doing done have has had having can could may might must shall should will would ought'
const adverbs =
  'not no only own same too very just also again already almost always ever never here there where when why how then thus hence once now still even much many more most less least few such all any both either neither some several enough rather quite often perhaps'
// What is left of a contraction when an apostrophe ends a word.
const remains = 'don didn doesn isn aren wasn weren hasn haven hadn won wouldn couldn shouldn ll ve re'

/** Words that `stopWords: 'english'` leaves out. */
export const englishFunctionWords: ReadonlySet<string> = new Set(
  [articles, pronouns, prepositions, conjunctions, auxiliaries, adverbs, remains].join(' ').split(' '),
)
