import { text } from 'gradus/options'
import { defineLab, labOptions, type SettingsOf } from '../../kit/lab.ts'

export const about = defineLab({
  name: 'backprop',
  title: 'Back-propagation graph',
  sentence: 'Step through an expression: values flow forward, then gradients flow back by the chain rule.',
  topic: 'Learning by descent',
  order: 40,
  options: labOptions(
    {
      expression: text({
        default: '(x + y) * z',
        help: 'what is computed: names, numbers, + − * / ^ and functions such as sigmoid',
      }),
      inputs: text({ default: 'x=-2,y=5,z=-4', help: 'values of the names, as x=1,y=2; a name that is left out is 1' }),
    },
    { steps: 200 },
  ),
  controls: {
    expression: { group: 'Expression', as: 'hidden' },
    inputs: { as: 'hidden' },
    target: { as: 'hidden' },
    patience: { as: 'hidden' },
  },
  presets: {
    '(x + y) · z': { expression: '(x + y) * z', inputs: 'x=-2,y=5,z=-4' },
    'A variable twice': { expression: 'x * y + x^2', inputs: 'x=3,y=-2' },
    'A neuron': { expression: 'sigmoid(w1*x1 + w2*x2 + b)', inputs: 'w1=2,x1=-1,w2=-3,x2=-2,b=-3' },
    'Neuron and loss': { expression: '(sigmoid(w*x + b) - t)^2', inputs: 'w=1.5,x=2,b=-1,t=0' },
    'Relu is off': { expression: 'relu(w*x + b) * v', inputs: 'w=1,x=-2,b=0.5,v=3' },
    'Two layers': { expression: '(v1*tanh(w1*x) + v2*tanh(w2*x) - t)^2', inputs: 'x=0.5,w1=1,w2=-2,v1=1.5,v2=0.5,t=1' },
    'Larger wins': { expression: 'max(x, y) * 2', inputs: 'x=1,y=3' },
  },
  preview: { settings: { expression: 'sigmoid(w*x + b)', inputs: 'w=2,x=-1,b=3' }, steps: 200 },
})
export type Settings = SettingsOf<typeof about>
