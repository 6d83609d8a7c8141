#define CK_TRAINING_SET portable
#define CK_TRAINING_NAME "portable"
#define CK_TILE_ROWS 4
#define CK_TILE_VECTORS 1
#include "training_body.h"
