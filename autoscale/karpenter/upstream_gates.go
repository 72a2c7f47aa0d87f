package karpenter

// gates are Karpenter's feature gates. ParseFeatureGates ignores others silently.
var gates = []string{"NodeRepair", "ReservedCapacity", "SpotToSpotConsolidation", "NodeOverlay", "StaticCapacity", "CapacityBuffer"}
