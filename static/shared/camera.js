// The camera, looking for a QR code: by the browser's own detector, else by frames that a server reads.
// Shape Detection API (BarcodeDetector); Media Capture and Streams. Invariants: the camera runs only while its element is
// on a page that is seen, and every track stops when it is not; what is found is handed on as text, never opened.
// Not here: who reads posted frames, words, what a code means.

/** Longest side of a posted frame and of a posted picture, pixels; a frame becomes about 50 kB. */
const FRAME = 1_280;
const PICTURE = 1_600;
const QUALITY = 0.7;
const NATIVE_MS = 250;
const POSTED_MS = 400;
const AFTER_TROUBLE_MS = 1_500;

/** A finder {every, find(source, longest) -> text | null} by this browser's own detector, or null where it has none. */
export async function nativeFinder() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return null;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return { every: NATIVE_MS, find: async (source) => (await detector.detect(source))[0]?.rawValue ?? null };
}

/** A finder that posts frames: `post(blob) -> {text}`. */
export const postedFinder = (post) => ({
  every: POSTED_MS,
  find: async (source, longest = FRAME) => (await post(await jpegOf(source, longest))).text,
});

/** The text in a picture file, or null: no picture that this browser can show, or no code in it. Refusals are thrown. */
export async function pictureText(file, finder) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (picture === null) return null;
  try {
    return await finder.find(picture, PICTURE);
  } finally {
    picture.close();
  }
}

function jpegOf(source, longest) {
  const [width, height] = [source.videoWidth ?? source.width, source.videoHeight ?? source.height];
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    const given = (blob) => (blob ? resolve(blob) : reject(new Error("the frame could not be taken")));
    canvas.toBlob(given, "image/jpeg", QUALITY);
  });
}

/** Why there is no picture: "denied" by the person or the page, "busy" elsewhere, "none" on this device. */
function reasonOf({ name }) {
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "none";
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * <camera-view>, to be made by `cameraView`. It opens the camera when it comes to a page, closes it when the page is hidden
 * and opens it again when it is seen.
 */
customElements.define(
  "camera-view",
  class extends HTMLElement {
    connectedCallback() {
      if (this.onSight) return; // drawn again: it stays as it is
      this.onSight = () => (document.hidden ? this.close() : this.open());
      document.addEventListener("visibilitychange", this.onSight);
      this.open();
    }

    disconnectedCallback() {
      queueMicrotask(() => {
        if (this.isConnected || !this.onSight) return;
        document.removeEventListener("visibilitychange", this.onSight);
        this.onSight = null;
        this.close();
      });
    }

    async open() {
      if (this.run || document.hidden) return;
      const run = { stream: null };
      this.run = run;
      try {
        run.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" } } });
      } catch (problem) {
        if (this.run === run) this.given.lost(reasonOf(problem));
        return;
      }
      const video = document.createElement("video");
      Object.assign(video, { playsInline: true, muted: true, srcObject: run.stream });
      if (this.run !== run) {
        release(run);
        return;
      }
      this.replaceChildren(video);
      // Playing is cut short when the page is left meanwhile; the loop then finds that out.
      await video.play().catch(() => null);
      this.look(run, video);
    }

    close() {
      if (this.run) release(this.run);
      this.run = null;
      this.replaceChildren();
    }

    async look(run, video) {
      const { finder, found, trouble } = this.given;
      while (this.run === run) {
        const began = performance.now();
        let every = finder.every;
        try {
          const text = video.videoWidth > 0 ? await finder.find(video) : null;
          if (this.run !== run) return;
          trouble(null);
          if (text !== null && text !== this.said) {
            this.said = text;
            if (found(text)) this.close();
          }
        } catch (problem) {
          if (this.run !== run) return;
          every = AFTER_TROUBLE_MS;
          trouble(problem);
        }
        await pause(Math.max(0, every - (performance.now() - began)));
      }
    }
  },
);

const release = ({ stream }) => stream?.getTracks().forEach((track) => track.stop());

/**
 * A viewfinder. `found(text)` true: that was it, the camera stops; otherwise it looks on and says the same text once.
 * `lost(reason)`: no camera picture, "denied" | "busy" | "none". `trouble(problem | null)`: frames cannot be read now.
 */
export function cameraView({ finder, found, lost, trouble = () => {} }) {
  const view = document.createElement("camera-view");
  view.given = { finder, found, lost, trouble };
  return view;
}
