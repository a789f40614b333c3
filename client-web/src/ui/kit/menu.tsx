// A button with a list of choices, one of them checked.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { CheckIcon } from "./icons";

export interface MenuChoice {
  value: string;
  label: string;
  lang?: string;
  /** Said in smaller letters behind the label. */
  note?: string;
}

/** Something to do, or to switch on and off. */
export interface MenuAction {
  name: string;
  label: string;
  /** Present for a switch. */
  isOn?: boolean;
  onChoose: () => void;
}

export interface MenuProps {
  label: string;
  testid: string;
  choices: MenuChoice[];
  value: string;
  onChoose: (value: string) => void;
  /** The button's content. */
  children: ComponentChildren;
  buttonClass?: string;
  /** Things beside the choices. */
  actions?: MenuAction[];
  /** Said when there is nothing to choose from. */
  empty?: string;
  /** Said below the choices. */
  footnote?: string;
}

export function Menu(props: MenuProps): JSX.Element {
  const { label, testid, choices, value, onChoose, children, buttonClass, empty, footnote } = props;
  const actions = props.actions ?? [];
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    list.current?.querySelector<HTMLElement>("[aria-checked=true], button")?.focus();
    const onPointer = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [isOpen]);
  /** Closes it and leaves the focus where it was opened. */
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const items = [...(list.current?.querySelectorAll("button") ?? [])];
    const index = items.findIndex((item) => item === document.activeElement);
    items[(index + step + items.length) % items.length]?.focus();
  };
  return (
    <div class="menu" ref={root} onKeyDown={onKey}>
      <button
        class={buttonClass ?? "round glass"}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        data-testid={testid}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" id={id} ref={list} aria-label={label}>
          <p class="menu-title">{label}</p>
          {choices.length === 0 && empty !== undefined && <p class="menu-empty">{empty}</p>}
          {choices.map((choice) => (
            <button
              key={choice.value}
              role="menuitemradio"
              aria-checked={choice.value === value}
              data-testid={`${testid}_${choice.value}`}
              onClick={() => {
                close();
                onChoose(choice.value);
              }}
            >
              <span>
                <bdi lang={choice.lang}>{choice.label}</bdi>
                {choice.note !== undefined && <small class="menu-note">{choice.note}</small>}
              </span>
              {choice.value === value && <CheckIcon />}
            </button>
          ))}
          {footnote !== undefined && <p class="menu-footnote">{footnote}</p>}
          {actions.length > 0 && <hr />}
          {actions.map((action) => (
            <button
              key={action.name}
              role={action.isOn === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked={action.isOn}
              data-testid={`${testid}_${action.name}`}
              onClick={() => {
                close();
                action.onChoose();
              }}
            >
              <span>{action.label}</span>
              {action.isOn === true && <CheckIcon />}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
