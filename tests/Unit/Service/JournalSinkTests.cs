using System.Text;
using CsCheck;
using Serilog.Core;
using Serilog.Events;
using VirtHandover.Foreign;
using VirtHandover.Logging;
using VirtHandover.Service.Logging;
using VirtHandover.Tests.Unit.Logging;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>Lines on their way to a socket that reads as journald does.</summary>
public sealed class JournalSinkTests : IDisposable
{
    private static readonly Guid s_uuid = new("6f9619ff-8b86-d011-b42d-00cf4fc964ff");

    private readonly TemporaryDirectory _directory = new();
    private readonly HeardLog _otherwise = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "socket");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_line_comes_with_its_priority_its_kind_and_its_fields()
    {
        using var journal = new JournalReceiver(Path);
        await using var log = Log();
        log.ForContext(new About(MessageKind.HandoverFailed) { Domain = "web-01", Uuid = s_uuid, Id = 7, Phase = "perform", Codes = ["A", "B"] })
            .Error("Handover {Id} of {Domain} ended {Count:0.0}.", 7L, "web-01", 1.25);
        Assert.Equal(
            [
                ("PRIORITY", "3"), ("SYSLOG_IDENTIFIER", "virt-handoverd"), ("MESSAGE", "Handover 7 of web-01 ended 1.3."),
                ("MESSAGE_ID", MessageKind.HandoverFailed.Id),
                ("VIRT_HANDOVER_DOMAIN", "web-01"), ("VIRT_HANDOVER_UUID", s_uuid.ToString()), ("VIRT_HANDOVER_ID", "7"),
                ("VIRT_HANDOVER_PHASE", "perform"), ("VIRT_HANDOVER_CODE", "A"), ("VIRT_HANDOVER_CODE", "B"),
            ],
            journal.Receive());
        Assert.Empty(_otherwise.Take());
    }

    [Fact]
    public async Task A_line_about_nothing_has_no_fields_and_what_stands_in_the_message_is_one()
    {
        using var journal = new JournalReceiver(Path);
        await using var log = Log();
        log.Debug("Nothing.");
        Assert.Equal([("PRIORITY", "7"), ("SYSLOG_IDENTIFIER", "virt-handoverd"), ("MESSAGE", "Nothing.")], journal.Receive());
        log.ForContext(new About(null) { Uuids = [s_uuid, Guid.Empty] }).Information("{Domain} waits.", "db");
        Assert.Equal(
            [("VIRT_HANDOVER_DOMAIN", "db"), ("VIRT_HANDOVER_UUID", s_uuid.ToString()), ("VIRT_HANDOVER_UUID", Guid.Empty.ToString())],
            journal.Receive().Skip(3));
    }

    [Theory]
    [InlineData(LogEventLevel.Verbose, "7")]
    [InlineData(LogEventLevel.Debug, "7")]
    [InlineData(LogEventLevel.Information, "6")]
    [InlineData(LogEventLevel.Warning, "4")]
    [InlineData(LogEventLevel.Error, "3")]
    [InlineData(LogEventLevel.Fatal, "2")]
    public async Task Levels_are_priorities(LogEventLevel level, string priority)
    {
        using var journal = new JournalReceiver(Path);
        await using var log = Log(LogEventLevel.Verbose);
        log.Write(level, "Something.");
        Assert.Equal(("PRIORITY", priority), journal.Receive()[0]);
    }

    [Fact]
    public void Whoever_chooses_a_name_chooses_no_field_no_line_and_no_priority()
    {
        using var journal = new JournalReceiver(Path);
        using var log = Log();
        Gen.Select(AnyText.Gen, AnyText.Gen).Sample(
            (name, reason) =>
            {
                log.ForContext(new About(MessageKind.Alarm) { Domain = name, Uuid = s_uuid, Codes = [reason] }).Warning("{Reason} of {Domain}.", reason, name);
                var entry = journal.Receive();
                (string, string)[] expected =
                [
                    ("PRIORITY", "4"), ("SYSLOG_IDENTIFIER", "virt-handoverd"), ("MESSAGE", Sent($"{reason} of {name}.")), ("MESSAGE_ID", MessageKind.Alarm.Id),
                    ("VIRT_HANDOVER_DOMAIN", Sent(name)), ("VIRT_HANDOVER_UUID", s_uuid.ToString()), ("VIRT_HANDOVER_CODE", Sent(reason)),
                ];
                Assert.Equal(expected.Where(field => field.Item2.Length > 0), entry);
                Assert.All(entry, field => Assert.DoesNotContain(field.Value, char.IsControl));
            },
            threads: 1);
        Assert.Empty(_otherwise.Take());
    }

    [Fact]
    public async Task An_endless_text_has_an_end()
    {
        using var journal = new JournalReceiver(Path);
        await using var log = Log();
        log.ForContext(new About(null) { Domain = new string('n', 100_000) }).Warning("{Text}", new string('x', 100_000));
        var entry = journal.Receive();
        Assert.Equal(new string('x', 16 * 1024) + "…", entry[2].Value);
        Assert.Equal(new string('n', 4096) + "…", entry[3].Value);
    }

    [Fact]
    public async Task Without_a_journal_nothing_is_lost_and_a_new_one_is_found()
    {
        await using var log = Log();
        log.Information("None.");
        Assert.Equal("None.", Assert.Single(_otherwise.Take()).Text);
        for (var start = 1; start <= 2; start++)
        {
            using var journal = new JournalReceiver(Path);
            log.Information("Start {Number}.", start);
            Assert.Equal($"Start {start}.", journal.Receive()[2].Value);
        }

        // Its socket is there, and nobody behind it.
        log.Information("Gone.");
        Assert.Equal("Gone.", Assert.Single(_otherwise.Take()).Text);
    }

    [Fact]
    public async Task What_is_too_long_for_the_journal_goes_the_other_way()
    {
        using var journal = new JournalReceiver(Path);
        await using var log = Log();
        log.ForContext(new About(null) { Codes = [.. Enumerable.Repeat(new string('\n', 4096), 500)] }).Information("Long.");
        Assert.Equal("Long.", Assert.Single(_otherwise.Take()).Text);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_does_not_read_is_not_waited_for()
    {
        using var journal = new JournalReceiver(Path);
        await using var log = Log();
        var sent = 0;
        while (_otherwise.Take() is not [{ Text: "Line." }])
        {
            log.Information("Line.");
            Assert.InRange(sent++, 0, 1_000_000);
        }

        // All that it took it has.
        for (var line = 1; line < sent; line++)
            Assert.Equal("Line.", journal.Receive()[2].Value);
        log.Information("And on.");
        Assert.Equal("And on.", journal.Receive()[2].Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_last_words_are_waited_for_but_not_for_ever()
    {
        using var journal = new JournalReceiver(Path);
        var log = Log(patience: TimeSpan.FromMinutes(1));
        log.Error("Last words.");
        var end = log.DisposeAsync().AsTask();
        Assert.False(end.IsCompleted);
        Assert.Equal("Last words.", journal.Receive()[2].Value);
        await end;

        var hasty = Log(patience: TimeSpan.Zero);
        hasty.Error("Nobody reads this.");
        await hasty.DisposeAsync();
    }

    private Logger Log(LogEventLevel least = LogEventLevel.Debug, TimeSpan? patience = null) => ServiceLog.Create(
        new JournalSink(Path, _otherwise) { Patience = patience ?? TimeSpan.Zero }, least);

    private static string Sent(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(ForeignText.Escape(text)));
}
