#!/bin/sh
# Stands in for Prisma's schema engine, a download that nothing here needs: migrations are SQL written by hand and
# applied by server/migrate.ts. `prisma generate` only asks whether the file is there.
echo "The schema engine is not used here; write SQL under prisma/migrations/." >&2
exit 1
