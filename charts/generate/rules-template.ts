import { COMPONENT_RULES } from './component-rules.ts';

const HEAD = '{{/* Made from charts/generate/component-rules.ts by `npm run generate`; do not edit. */}}\n';

/** Helm templates with the rules of each component, for its Role or ClusterRole. */
export function rulesTemplate(): string {
  const templates = COMPONENT_RULES.map(({ template, rules }) => {
    const lines = rules.flatMap(({ apiGroups, resources, verbs, purpose }) => [
      `# ${purpose.replaceAll('`', '')}`,
      `- apiGroups: ${JSON.stringify(apiGroups)}`,
      `  resources: [${resources.join(', ')}]`,
      `  verbs: [${verbs.join(', ')}]`,
    ]);
    return [`{{- define "${template}" -}}`, ...lines, '{{- end -}}', ''].join('\n');
  });
  return [HEAD, ...templates].join('\n');
}
