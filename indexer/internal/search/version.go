package search

// Version is the form of documents, of their words and of the engines' mappings. Raise it with every change of them: an
// index of an older form is rebuilt by itself, once across copies, and a copy with older code leaves a newer one to others.
const Version = 4
