#ifndef ARK_STREAM_LIBRARY_H
#define ARK_STREAM_LIBRARY_H
extern const char library_lua[];
#endif
