"""The tongues of other servers, spoken before the studio, so that clients can be tested on them."""
