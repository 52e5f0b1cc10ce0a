#!/usr/bin/env bash
# Builds the pyramids of a collection in a Slurm array of eight tasks:
#   sbatch docker/slurm-ingest.sh /scratch/images /scratch/pyramids
# Source and store are folders that all nodes see, or buckets (with their credentials in the environment of sbatch). Each
# task has its number in SLURM_ARRAY_TASK_ID, from which `--shard auto/8` finds its share. A task that failed is repeated with
# `sbatch --array=3 docker/slurm-ingest.sh …` and continues after the last finished pyramid. For another number of tasks
# change it twice.
#SBATCH --job-name=tegl-ingest
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=3G
#SBATCH --time=24:00:00
set -euo pipefail
[ $# = 2 ] || { echo "usage: sbatch $0 SOURCE STORE" >&2; exit 2; }

# Records are imported once, and not by each task.
export TEGL__CATALOGUE__URL=none
exec tegl ingest "$1" --store "$2" --shard auto/8 --json
