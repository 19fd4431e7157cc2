import CSystem

/// Where the shared test data lies: `KINGLET_DATA`, or beside the project.
let sharedData = ks_environment("KINGLET_DATA").map { String(cString: $0) } ?? "../shared"
