/* doubts - where the records contradict each other, or tell of others who worked on the same
 * data. */
#ifndef ROLLBACK_DOUBTS_H
#define ROLLBACK_DOUBTS_H

#include "rollback/evidence.h"

/* Each doubt as a sentence, into evidence->doubts. To be called before steps of others are left
 * out. */
void doubts_about_others(struct evidence *);
/* The same, of the release's own steps. */
void doubts_about_own(struct evidence *);

#endif
