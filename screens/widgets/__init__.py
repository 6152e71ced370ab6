"""Line-rendered views: only what is visible exists. State comes in, messages go out."""
