"""HTTP: routers, what they may ask for, and how errors look. No rule of the business."""
