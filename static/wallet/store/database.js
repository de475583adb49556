// The phone's own store: keys, links, what was last checked. IndexedDB with strict durability, one origin, one person.

const NAME = "yaoshi-wallet";
const STORES = { keys: "kid", links: "subject", kept: "subject", sealed: "name", unsent: "grant", facts: "name" };

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** An open database: {get(store, key), all(store), put(store, value), drop(store, key), close()}. */
export async function openDatabase(name = NAME) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    for (const [store, keyPath] of Object.entries(STORES)) opening.result.createObjectStore(store, { keyPath });
  };
  const database = await settled(opening);
  database.onversionchange = () => database.close();
  const read = (store) => database.transaction(store, "readonly").objectStore(store);
  const write = (store, change) => new Promise((resolve, reject) => {
    const transaction = database.transaction(store, "readwrite", { durability: "strict" });
    change(transaction.objectStore(store));
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
  return {
    get: (store, key) => settled(read(store).get(key)).then((value) => value ?? null),
    all: (store) => settled(read(store).getAll()),
    put: (store, value) => write(store, (target) => target.put(value)),
    drop: (store, key) => write(store, (target) => target.delete(key)),
    close: () => database.close(),
  };
}
