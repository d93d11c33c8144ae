namespace VirtHandover.Tui.Model;

/// <summary>What a key asks the screen to do.</summary>
internal enum ScreenAction
{
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Approve,
    ApproveAll,
    Defer,
    Undefer,
    Cancel,
    Retry,
    Rehearse,
    Rescan,
    PauseQueue,
    Mark,
    MarkAll,
    Filter,
    Sort,
    SortAgain,
    Details,
    Pauses,
    Log,
    Help,
    Back,
    Redraw,
    Quit,
}
