export const about = {
  name: 'runs',
  title: 'Runs',
  sentence:
    'Watch the curves of runs on the command line, see what their settings differ in, and take all of them with you.',
} as const
