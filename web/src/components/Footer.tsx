import { texts } from "../texts/en";

/** The notices that Discogs' terms of use ask for. */
export function Footer() {
  return (
    <footer class="footer">
      <p>
        <a href="https://www.discogs.com/" target="_blank" rel="noopener">
          {texts.footer.data}
        </a>
      </p>
      <p>{texts.footer.affiliation}</p>
    </footer>
  );
}
