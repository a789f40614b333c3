// A modal sheet on the browser's own <dialog>: focus stays inside, Escape closes, the page behind
// is inert while its picture goes on. A bottom sheet on phones, a side sheet on wide screens.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { CloseIcon } from "./icons";

export interface SheetProps {
  title: string;
  testid: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Sheet({ title, testid, onClose, children }: SheetProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      // A dialog that is taken off the page gives the focus to nobody.
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      data-testid={testid}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // The backdrop is part of the dialog's own box.
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="sheet-body">
        <header class="sheet-head">
          <h2>{title}</h2>
          <button
            class="round quiet"
            aria-label={t("close")}
            data-testid={`${testid}_close`}
            onClick={onClose}
          >
            <CloseIcon />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
