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

/** Whether every word of the filter occurs in the example's name or description. */
export function matches({ name, description }: Example, filter: string): boolean {
  const text = `${name} ${description}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
