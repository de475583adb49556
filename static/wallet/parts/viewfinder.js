// The camera, looking for a QR code by the browser's own detector; every track stops when the screen is left.

/** Whether this browser can find QR codes itself. */
export async function canScan() {
  if (!("BarcodeDetector" in globalThis) || !navigator.mediaDevices) return false;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code");
}

const EVERY = 250;

customElements.define("y-viewfinder", class extends HTMLElement {
  async connectedCallback() {
    if (this.stream) return;
    const video = document.createElement("video");
    video.playsInline = true;
    video.muted = true;
    this.replaceChildren(video);
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" } } });
    } catch {
      this.denied?.();
      return;
    }
    if (!this.isConnected) {
      this.stop();
      return;
    }
    video.srcObject = this.stream;
    await video.play();
    this.look(video, new BarcodeDetector({ formats: ["qr_code"] }));
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (!this.isConnected) this.stop();
    });
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    clearTimeout(this.turn);
  }

  look(video, detector) {
    this.turn = setTimeout(async () => {
      const [found] = await detector.detect(video).catch(() => []);
      if (!this.stream) return;
      if (found) {
        const { read } = this;
        this.stop();
        read(found.rawValue);
      } else this.look(video, detector);
    }, EVERY);
  }
});
