/** Stops the run from the page: a button, and a question that says what will happen before it does. */

import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { formatCount } from '../../../units.ts';
import { ending, identity, latest, link, readOnly, stopping } from './state.ts';

/** Why the last try came to nothing; empty: it did not. */
const failure = signal('');

export function StopButton() {
  const dialog = useRef<HTMLDialogElement>(null);
  if (readOnly.value || ending.value !== null) return null;
  const ask = (): void => {
    failure.value = '';
    dialog.current?.showModal();
  };
  const close = (): void => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        class="stop"
        disabled={stopping.value || link.value.kind !== 'live'}
        onClick={ask}
      >
        {stopping.value ? 'Stopping' : 'Stop the run'}
      </button>
      <dialog ref={dialog} aria-labelledby="stop-title">
        <h2 id="stop-title">Stop this run?</h2>
        <p>
          {identity.value === null ? 'The run' : <code>{identity.value.runId}</code>} ends early, as by Ctrl-C
          in its terminal. Nothing new begins, and what is under way may end within 10 s. Then the mailboxes
          are read and what was seen is judged: exit 105, stopped by the operator.
        </p>
        <p>{owedWords()}</p>
        <p>This cannot be taken back, and nothing that was sent is removed.</p>
        {failure.value !== '' && (
          <p role="alert" class="fail">
            {failure.value}
          </p>
        )}
        <div class="choices">
          {/* The first in order has the focus: Enter by mistake stops nothing. */}
          <button type="button" onClick={close}>
            Let it run
          </button>
          <button type="button" class="stop" onClick={() => void stop().then((done) => done && close())}>
            Stop, and judge what was seen
          </button>
        </div>
      </dialog>
    </>
  );
}

function owedWords(): string {
  const owed = latest.value?.moment.owed ?? null;
  if (owed === null)
    return 'How much the mail system still owes is not known. A stopped storm is not over while it owes anything.';
  if (owed === 0) return 'The mail system owes nothing at this moment.';
  return `The mail system still owes ${formatCount(owed)} messages or copies. They will be delivered all the same: a stopped storm is not over before.`;
}

async function stop(): Promise<boolean> {
  try {
    const answer = await fetch('/stop', { method: 'POST' });
    if (answer.ok) return true;
    failure.value = `The run did not take it (${answer.status}). Ctrl-C in its terminal still works.`;
  } catch {
    failure.value = 'The run was not reached. Ctrl-C in its terminal still works.';
  }
  return false;
}
