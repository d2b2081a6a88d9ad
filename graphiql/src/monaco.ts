/** Monaco as this page needs it: workers from our own origin, and text in every script left unmarked. */
import type {} from 'monaco-editor';

import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

/** Loads the editor that GraphiQL is about to ask for. */
export async function loadMonaco(): Promise<void> {
  // What `graphiql/setup-workers/vite` does, without its line in the console for each worker.
  self.MonacoEnvironment = { getWorker: startWorker };
  const { editor } = await import('monaco-graphql/esm/monaco-editor.js');
  // A Cyrillic product name is content here, no attempt to pass for Latin source code.
  editor.onDidCreateEditor((created) => {
    created.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
  });
}

function startWorker(_workerId: string, label: string): Worker {
  if (label === 'json') return new JsonWorker();
  if (label === 'graphql') return new GraphQLWorker();
  return new EditorWorker();
}
