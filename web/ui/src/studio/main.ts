// The producer's workbench. Each file is one feature.
import "./bench";
import "./table";
import "./listing";
import "./cover";
