// Says when there is something new, without moving the page under anybody's fingers. The page works without this.
(() => {
  const seen = document.body.dataset.version;
  const news = document.querySelector(".news");
  const look = async () => {
    const answer = await fetch("/version").catch(() => null);
    if (answer && answer.ok && (await answer.text()) !== seen) { news.hidden = false; return; }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
})();
