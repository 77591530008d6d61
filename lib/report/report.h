/* report - the story of a release, ready to be written in any form. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/story.h"

/* How bad something is; the worst first. */
enum level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTE };

/* Something that a reader should act upon. */
struct finding {
	enum level level;
	const char *rule;               /* stable word: the error's code, the hazard's id */
	const char *step;
	const char *message, *hint;     /* hint: NULL when there is none */
	const char *file;               /* NULL when it belongs to no file */
	long line;                      /* 0: none */
	size_t order;                   /* in which it was found */
	char fingerprint[65];           /* the same for the same thing in the next run */
};

enum outcome { OUTCOME_OK, OUTCOME_FAILED, OUTCOME_CANCELLED, OUTCOME_UNFINISHED, OUTCOME_NOTHING };

struct report {
	struct mem *m;
	struct story story;
	const char *release, *service;  /* of the newest step that names one, or NULL */
	enum outcome outcome;
	struct finding *findings;       /* the worst first */
	size_t finding_count, finding_room;
	const struct story_step *plan;  /* the newest rollback-plan with a result, or NULL */
	double seconds;                 /* from the first beginning to the last end; -1: not told */
};

/* The records are in report->story: judge them. */
void report_close(struct report *);
/* "failed", "ok" … */
const char *report_outcome_name(enum outcome);
const char *report_level_name(enum level);
/* One line on what STEP did: "notes 6 → 7 (major) in m.yaml"; "" when its record does not tell. */
char *report_summary(struct mem *, const struct story_step *);
/* "3.2 s", "4 min 10 s"; "" for a negative number. */
char *report_duration(struct mem *, double seconds);
/* Of the names of release and service, for a title. */
char *report_title(struct mem *, const struct report *);

/* The forms. */
void report_text(const struct report *, FILE *);
void report_markdown(const struct report *, FILE *);
void report_html(const struct report *, FILE *);
void report_junit(const struct report *, FILE *);
void report_sarif(const struct report *, FILE *);
/* Annotations on OUT; the page to $GITHUB_STEP_SUMMARY, outputs to $GITHUB_OUTPUT, where those are
 * named. */
int report_github(const struct report *, FILE *, struct err *);
/* GitLab's code quality report. */
void report_gitlab(const struct report *, FILE *);
/* NAME=value lines for GitLab's dotenv artifact. */
void report_dotenv(const struct report *, FILE *);
/* The releases/TICKET.env form: TICKET and BACKUPS. */
void report_env(const struct report *, FILE *);

#endif
