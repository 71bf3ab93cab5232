# What a call of the kernel asks of every thread of the team.

from libc.string cimport memcpy

cdef enum:
    PREDICT
    EVALUATE
    FIT_ONLINE
    FIT_BATCHES
    FIND_GRADIENT


cdef struct Call:
    int kind
    Examples examples
    real *outputs           # (n, onodes)
    Py_ssize_t start
    Py_ssize_t stop
    Py_ssize_t batch_size
    double lr               # or the rate of a gradient
    double loss
    uint64_t updates        # of the network so far, counted only with dropout


cdef struct Member:
    Network net
    Call *call


cdef void predict_block(
    const Network *net, const Call *call, Py_ssize_t place, Py_ssize_t slot, Py_ssize_t count
) noexcept nogil:
    """Write the outputs for these examples to the same rows of the call's outputs."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t row
    forward(net, inputs_at(&call.examples, place), slot, count)
    for row in range(count):
        memcpy(
            call.outputs + (place + row) * last.fan_out,
            last.outputs + (slot + row) * last.width, last.fan_out * sizeof(real),
        )


cdef void predict(const Network *net, const Call *call) noexcept nogil:
    """Write the outputs for this thread's share of the examples."""
    cdef Share share = share_of(net, call.stop - call.start, ROWS)
    cdef Py_ssize_t place = call.start + share.first, stop = place + share.count
    cdef Network answering = net[0]
    answering.layers = net.answering
    while place < stop:
        predict_block(&answering, call, place, ANSWERS * net.me, min(ANSWERS, stop - place))
        place += ANSWERS


cdef void evaluate(const Network *net, Call *call) noexcept nogil:
    """Write the outputs, and add the examples' losses to the call's loss, in their order."""
    cdef Py_ssize_t place = call.start, count, row
    cdef const real *targets
    cdef Share share
    while place < call.stop:
        count = min(BLOCK * net.team.size, call.stop - place)
        share = share_of(net, count, ROWS)
        if share.count > 0:
            predict_block(net, call, place + share.first, share.first, share.count)
        for row in range(share.first, share.first + share.count):
            targets = targets_at(&call.examples, place + row)
            output_errors(net, targets, row)
            net.losses[row] = loss_of(net, targets, row)
        wait_at_barrier(net.team)
        if net.me == 0:
            for row in range(count):
                call.loss = call.loss + net.losses[row]
        wait_at_barrier(net.team)
        place += count


cdef int work_on(Member *member) except -1 nogil:
    """Do this thread's part of the call."""
    cdef Call *call = member.call
    cdef Py_ssize_t first, last
    cdef uint64_t updates = call.updates
    if call.kind == PREDICT:
        predict(&member.net, call)
    elif call.kind == EVALUATE:
        evaluate(&member.net, call)
    elif call.kind == FIT_ONLINE and is_blocked(&member.net):
        fit_blocked(
            &member.net, &call.examples, call.start, call.stop, call.lr, &call.loss
        )
    elif call.kind == FIT_ONLINE:
        fit_online(
            &member.net, &call.examples, call.start, call.stop, call.lr, &call.loss
        )
    elif call.kind == FIND_GRADIENT:
        find_gradient(
            &member.net, &call.examples, call.start, call.stop, call.lr, &call.loss
        )
    else:
        first = call.start
        while first < call.stop and not member.net.team.stopped:
            last = min(first + call.batch_size, call.stop)
            fit_batch(&member.net, &call.examples, first, last, call.lr, updates, &call.loss)
            first, updates = last, updates + drops(&member.net.settings)
            if member.net.me == 0:
                call.updates = updates
    return 0


cdef void work_beside(void *member) noexcept nogil:
    """Run as a thread of the team that is not the caller's."""
    cdef Team *team = (<Member *> member).net.team
    wait_for_begin(team)
    work_on(<Member *> member)
    finish(team)
