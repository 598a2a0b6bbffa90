import "./fonts.css";
import "./page.css";
import { createDOMRenderer, RendererProvider } from "@fluentui/react-components";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

// Fluent's styles go before ours in the head, so that ours win where they differ.
const insertionPoint = document.head.querySelector<HTMLElement>("meta[name=fluent-styles]") ?? undefined;
const renderer = createDOMRenderer(document, insertionPoint === undefined ? {} : { insertionPoint });

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <RendererProvider renderer={renderer}>
        <App />
      </RendererProvider>
    </StrictMode>,
  );
}
