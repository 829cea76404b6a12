/**
 * Templates in the shapes of well-known models, for models that have none of their own. Sources: ChatML (OpenAI 2023), the prompts of Llama 2
 * (Touvron et al. 2023b), Llama 3 (Meta 2024), Mistral 7B Instruct (Jiang et al. 2023) and Zephyr (Tunstall et al. 2023); `plain` needs no
 * tokens of its own.
 */
export const chatTemplates = {
  chatml: `{% for message in messages %}<|im_start|>{{ message['role'] }}
{{ message['content'] | trim }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`,
  llama2: `{% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\\n' + messages[0]['content'] | trim + '\\n<</SYS>>\\n\\n' %}{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}
{% for turn in turns %}
{% if (turn['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('after an optional system message, user and assistant take turns') }}{% endif %}
{% if turn['role'] == 'user' %}{{ bos_token + '[INST] ' + (system if loop.first else '') + turn['content'] | trim + ' [/INST]' }}{% else %}{{ ' ' + turn['content'] | trim + ' ' + eos_token }}{% endif %}
{% endfor %}`,
  llama3: `{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}
{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`,
  mistral: `{{ bos_token }}{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant take turns') }}{% endif %}
{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}
{% endfor %}`,
  zephyr: `{% for message in messages %}
{% if message['role'] not in ['system', 'user', 'assistant'] %}{{ raise_exception('roles are system, user and assistant') }}{% endif %}
{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token }}
{% endfor %}
{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`,
  plain: `{% for message in messages %}{{ message['role'] + ': ' + message['content'] | trim + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}`,
} as const
export type ChatTemplateName = keyof typeof chatTemplates
