/** The sidebar panel that lists the examples and opens them. */
import { MagnifyingGlassIcon, useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { useState, type ReactElement } from 'react';

import { filterExamples, operationKind, variablesText, type Example } from './examples';

export function examplesPlugin(examples: Example[]): GraphiQLPlugin {
  return {
    title: 'Examples',
    icon: ExamplesIcon,
    content: () => <ExamplesPanel examples={examples} />,
  };
}

function ExamplesPanel({ examples }: { examples: Example[] }): ReactElement {
  const [filter, setFilter] = useState('');
  const openExample = useOpenExample(examples);
  const activeDocument = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.query);
  const shown = filterExamples(examples, filter);

  return (
    <section className="merkato-examples" aria-label="Examples">
      <div className="merkato-examples-title">Examples</div>
      <label className="merkato-examples-filter">
        <MagnifyingGlassIcon aria-hidden="true" />
        <input
          type="search"
          placeholder={`Filter ${examples.length} operations`}
          aria-label="Filter examples"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      </label>
      <ul>
        {shown.map((example) => (
          <li key={example.name}>
            <ExampleButton
              example={example}
              isActive={example.document === activeDocument}
              onOpen={() => openExample(example)}
            />
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p>No example to show.</p>}
    </section>
  );
}

interface ExampleButtonProps {
  example: Example;
  isActive: boolean;
  onOpen: () => void;
}

function ExampleButton({ example, isActive, onOpen }: ExampleButtonProps): ReactElement {
  const kind = operationKind(example);
  return (
    <button type="button" className="merkato-example" aria-current={isActive} onClick={onOpen}>
      <span className="merkato-example-head">
        <span className="merkato-example-name">{example.name}</span>
        <span className={`merkato-example-kind merkato-example-${kind}`}>{kind}</span>
      </span>
      {example.description && <span className="merkato-example-description">{example.description}</span>}
    </button>
  );
}

/** Opens an example in the current tab if nothing of the user's is lost by it, else in a new one. */
function useOpenExample(examples: Example[]): (example: Example) => void {
  const { addTab } = useGraphiQLActions();
  const editors = useGraphiQL(({ queryEditor, variableEditor, responseEditor }) => ({
    queryEditor,
    variableEditor,
    responseEditor,
  }));

  return (example) => {
    const document = editors.queryEditor?.getValue().trim();
    const variables = editors.variableEditor?.getValue().trim();
    const isUntouched = examples.some((one) => one.document.trim() === document && variablesText(one) === variables);
    if (document && !isUntouched) addTab();
    editors.queryEditor?.setValue(example.document);
    editors.variableEditor?.setValue(variablesText(example));
    editors.responseEditor?.setValue('');
  };
}

function ExamplesIcon(): ReactElement {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M5 1.75h10A1.25 1.25 0 0 1 16.25 3v15.25L10 14.5l-6.25 3.75V3A1.25 1.25 0 0 1 5 1.75z" strokeLinejoin="round" />
      <path d="M8.5 5.75v5l3.75-2.5z" fill="currentColor" strokeLinejoin="round" />
    </svg>
  );
}
