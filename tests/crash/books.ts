/** What the database and the CA's folder have on record, read beside the running product. */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Case, CaseFact } from '../../renewal/case.ts';
import { replay } from '../../renewal/evolve.ts';
import { checkChain, type ChainVerdict } from '../../server/chain.ts';
import { openStore, type Store } from '../../server/db.ts';
import { startEmbeddedPostgres } from '../../server/embedded-postgres.ts';
import type { Product } from '../journeys/product.ts';

const LOOK_EVERY_MS = 100;

export interface CaseOnRecord {
  readonly state: Case;
  /** What its facts give. */
  readonly replayed: Case | undefined;
  readonly chain: ChainVerdict;
}

export class Books {
  readonly #store: Store;
  readonly #product: Product;

  private constructor(store: Store, product: Product) {
    this.#store = store;
    this.#product = product;
  }

  static async open(product: Product): Promise<Books> {
    // it runs already: adopted, and left to whom it belongs
    const { address } = await startEmbeddedPostgres(path.join(product.folder, 'postgres'));
    return new Books(openStore(address), product);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** All cases of a unit, as soon as the CA has been told that their certificates are in use: the last act of each. */
  async confirmedCasesOf(unit: string, signal: AbortSignal): Promise<CaseOnRecord[]> {
    for (;;) {
      const cases = await this.#casesOf(unit);
      if (cases.every(({ state }) => state.confirmed)) return cases;
      await pause(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  /** Each read at one moment. */
  async #casesOf(unit: string): Promise<CaseOnRecord[]> {
    return this.#store.db.$transaction(
      async (db) => {
        const rows = await db.renewalCase.findMany({ where: { certificate: { unit } } });
        const chains = await Promise.all(
          rows.map(({ id }) => db.fact.findMany({ where: { thingId: id }, orderBy: { seq: 'asc' } })),
        );
        return rows.map(({ state, tip }, i) => {
          const facts = (chains[i] ?? []).map((fact) => ({ ...fact, at: fact.at.getTime() }));
          const history = facts.map(({ body, at }) => ({ fact: body as unknown as CaseFact, at }));
          return {
            state: state as unknown as Case,
            replayed: replay(history),
            chain: checkChain(facts, tip),
          };
        });
      },
      { isolationLevel: 'RepeatableRead' },
    );
  }

  /** Serials in the register that replace another certificate of this unit. */
  async successorsOf(unit: string): Promise<string[]> {
    const rows = await this.#store.db.certificate.findMany({ where: { unit, replacesId: { not: null } } });
    return rows.map(({ serial }) => serial);
  }

  /** Serials that the CA has ever issued to this unit, and of those the ones it took back. */
  issuedTo(unit: string): { readonly issued: string[]; readonly revoked: string[] } {
    const serials = (kind: 'issued' | 'revoked') =>
      readdirSync(path.join(this.#product.folder, 'ca', kind)).map((file) => path.parse(file).name);
    const issued = serials('issued').filter((serial) => {
      const file = path.join(this.#product.folder, 'ca/issued', `${serial}.der`);
      return new X509Certificate(readFileSync(file)).subject.includes(`CN=${unit}`);
    });
    return { issued, revoked: serials('revoked').filter((serial) => issued.includes(serial)) };
  }

  /** Every row of every table, as text; bytes in hex. */
  async dump(): Promise<string[]> {
    const { pool } = this.#store;
    const tables = await pool.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
    );
    const rows = await Promise.all(
      tables.rows.map(({ name }) => pool.query<{ row: string }>(`select t::text as row from ${name} t`)),
    );
    return rows.flatMap((table) => table.rows.map(({ row }) => row));
  }

  /** Where PostgreSQL keeps its files, which need not be in the product's folder. */
  async databaseFolder(): Promise<string> {
    const { rows } = await this.#store.pool.query<{ data_directory: string }>('show data_directory');
    return path.dirname(rows[0]?.data_directory ?? '');
  }
}
