"""Events of customers as other programs send them: on the disk before they are acknowledged, in the base soon after."""
