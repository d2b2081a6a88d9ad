/** The page: GraphiQL with Merkato's name, its examples, and nothing from any other host. */
import './fonts.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { fetchExamples, variablesText } from './examples';
import { examplesPlugin } from './ExamplesPanel';
import { loadMonaco } from './monaco';
import { isFirstVisit, storage } from './storage';

async function start(container: HTMLElement): Promise<void> {
  // Monaco measures its font once, when an editor is made: the font has to be there by then.
  const font = document.fonts.load('15px "Fira Code"');
  const [examples] = await Promise.all([fetchExamples(), font, loadMonaco()]);
  const examplesPanel = examplesPlugin(examples);
  const first = isFirstVisit() ? examples[0] : undefined;
  const opening = first && {
    initialQuery: first.document,
    initialVariables: variablesText(first),
    visiblePlugin: examplesPanel,
  };

  createRoot(container).render(
    <GraphiQL
      fetcher={createGraphiQLFetcher({
        url: window.location.pathname,
        subscriptionUrl: socketAddress(window.location),
        enableIncrementalDelivery: false,
      })}
      storage={storage}
      shouldPersistHeaders={false}
      plugins={[examplesPanel, HISTORY_PLUGIN]}
      defaultQuery=""
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
      {...opening}
    >
      <GraphiQL.Logo>
        <span className="merkato-wordmark">Merkato</span>
      </GraphiQL.Logo>
    </GraphiQL>,
  );
}

/** Where subscriptions run: the same address over a WebSocket. */
function socketAddress({ protocol, host, pathname }: Location): string {
  return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${pathname}`;
}

void start(document.getElementById('graphiql')!);
