/** The operations that the server offers as examples. */

export interface Example {
  name: string;
  description: string;
  document: string;
  variables: Record<string, unknown>;
}

/** The server's examples, or nothing when they do not arrive: the page works without them. */
export async function fetchExamples(): Promise<Example[]> {
  try {
    const response = await fetch('/graphiql/examples.json', { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as Example[]) : [];
  } catch {
    return [];
  }
}

/** The variables as the editor shows them; empty when there are none. */
export function variablesText({ variables }: Example): string {
  return Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : '';
}

/** `query`, `mutation` or `subscription`; documents may begin with comments and fragments. */
export function operationKind({ document }: Example): string {
  return /^(query|mutation|subscription)\b/m.exec(document)?.[1] ?? 'query';
}

/** The examples whose name or description has every word of the filter; those with it in their name come first. */
export function filterExamples(examples: Example[], filter: string): Example[] {
  const words = filter.toLowerCase().split(/\s+/);
  const hasAll = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const named = examples.filter(({ name }) => hasAll(name));
  const described = examples.filter(({ name, description }) => !hasAll(name) && hasAll(`${name} ${description}`));
  return [...named, ...described];
}
